import { textToHtml } from '../../lib/htmlText.ts';
import type { Thread } from '../../lib/rows.ts';
import type { Snippet } from '../../lib/snippets.ts';
import { fillHtml, firstName, type Values } from './snippetText.ts';

/** What the placeholders of a snippet stand for here. */
export const valuesFor = (thread: Thread | undefined, agent: string, workspaceName: string): Values => ({
  'contact.name': thread?.contact?.name ?? null,
  'contact.first_name': thread?.contact?.name ? firstName(thread.contact.name) : null,
  'agent.name': agent,
  'ticket.number': thread?.number == null ? null : String(thread.number),
  'ticket.subject': thread?.subject ?? null,
  'workspace.name': workspaceName,
});

/** A snippet as it is put into the text. */
export const snippetHtml = ({ html, text }: Snippet, values: Values): string =>
  fillHtml(html ?? textToHtml(text), values);
