import path from 'node:path';
import type { Ready } from '../src/cli/ready.ts';

/** What a person reads when everything answers: where things are, and what to try. */
export function welcome(ready: Ready, dataDir: string): string {
  const support = ready.emails[0]?.address ?? '';
  const tickets = `${ready.web_url}/api/v1/workspaces/${ready.workspace_id}/tickets`;
  const authorization = `-H "Authorization: Bearer ${ready.api_token}"`;
  const lines = [
    '',
    'Postroom is ready.',
    `  web            ${ready.web_url}/health/ready`,
    `  API            ${ready.web_url}/api/docs (every operation, to read and to try)`,
    ...(ready.temporal_ui_url ? [`  Temporal UI    ${ready.temporal_ui_url}`] : []),
    ...(ready.mailgun_outbox_url
      ? [
          `  local Mailgun  ${ready.mailgun_url}/sandbox/posts (mail in)`,
          `                 ${ready.mailgun_url}/sandbox/outbox (replies, as customers see them)`,
          `                 ${ready.mailgun_url}/sandbox/dns (DNS of the demo)`,
        ]
      : []),
    `  logs and data  ${path.relative('.', dataDir)}/ (tokens and addresses in ready.json)`,
    '',
    'Send a mail, read the ticket that it became, and answer it:',
    `  npm run send-mail -- --to ${support} --from ann@client.test --subject "My order" --text "Where is it?"`,
    `  curl ${authorization} ${tickets}`,
    `  curl ${authorization} --json '{"text": "It arrives tomorrow."}' ${tickets}/<id>/messages`,
    '',
    'Ctrl-C stops everything; the data stays.',
  ];
  return lines.join('\n');
}
