import path from 'node:path';
import type { Ready } from '../src/cli/ready.ts';

/** Printed when everything answers: where everything is, and what to try first. */
export function welcome(ready: Ready, dataDir: string): string {
  const support = ready.emails[0]?.address ?? '';
  const tickets = `${ready.web_url}/api/v1/workspaces/${ready.workspace_id}/tickets`;
  const authorization = `-H "Authorization: Bearer ${ready.api_token}"`;
  const lines = [
    '',
    `Postroom is ready: ${ready.dashboard_url}`,
    'One click signs you in there as one of the people of the demo.',
    '',
    `  web            ${ready.web_url}/health/ready`,
    `  API            ${ready.web_url}/api/docs (every operation, with examples to try)`,
    ...(ready.temporal_ui_url ? [`  Temporal UI    ${ready.temporal_ui_url}`] : []),
    ...(ready.mailgun_outbox_url
      ? [
          `  local Mailgun  ${ready.mailgun_url}/sandbox/posts (mail in)`,
          `                 ${ready.mailgun_url}/sandbox/outbox (replies, as customers see them)`,
          `                 ${ready.mailgun_url}/sandbox/dns (DNS records of the demo)`,
        ]
      : []),
    `  logs and data  ${path.relative('.', dataDir)}/ (tokens and addresses in ready.json)`,
    '',
    'Send a mail, read the ticket that was made from it, and answer it:',
    `  npm run send-mail -- --to ${support} --from ann@client.test ` +
      '--subject "My order" --text "Where is it?"',
    `  curl ${authorization} ${tickets}`,
    `  curl ${authorization} --json '{"text": "It arrives tomorrow."}' ${tickets}/<id>/messages`,
    '',
    'Ctrl-C stops everything; the data stays.',
  ];
  return lines.join('\n');
}
