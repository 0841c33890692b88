import type { OutboxMail } from '../types.ts';
import { html, type Html } from './html.ts';
import { timeTag } from './layout.ts';
import { inWords, type Person, type ShownFile, type ShownMail } from './shownMail.ts';

/** The outcome of an answer that was written here. */
const ANSWERED: Record<string, string> = {
  accepted: 'The answer was sent, and the application has accepted it.',
  rejected: 'The answer was sent, and the application has refused it.',
  retrying: 'The answer was sent. The application has not accepted it yet; it will be tried again.',
};

/**
 * One mail as its recipient sees it.
 * @param mail null when it cannot be parsed: then the page only links to its source
 */
export function mailPage(entry: OutboxMail, mail: ShownMail | null, answered: string): Html {
  const at = `/sandbox/outbox/${entry.id}`;
  return html` <header><a href="/sandbox/outbox">Delivered mail</a></header>
    ${Object.hasOwn(ANSWERED, answered) ? html`<p class="note">${ANSWERED[answered]!}</p>` : null}
    <h1>${entry.subject || '(no subject)'}</h1>
    ${mail ? displayed(entry, mail, at) : html`<p class="note">This mail cannot be displayed. Only its source is available.</p>`}
    <nav>
      <a href="${at}/raw?as=text">Source</a><a href="${at}/raw" download="${entry.id}.eml">Download</a>
    </nav>
    ${mail ? answerForm(mail, at) : null}`;
}

const displayed = (entry: OutboxMail, mail: ShownMail, at: string): Html =>
  html` <dl>
      ${line('From', mail.from)}${line('Reply-To', mail.replyTo)}${line('To', mail.to)}${line('Cc', mail.cc)}
      <dt>Delivered to</dt>
      <dd>${entry.recipient}, ${timeTag(entry.at)}</dd>
    </dl>
    ${
      mail.html === null
        ? html`<pre>${mail.text}</pre>`
        : html`<iframe
              sandbox="allow-popups allow-popups-to-escape-sandbox"
              referrerpolicy="no-referrer"
              title="The mail"
              src="${at}/html"
            ></iframe>
            <details>
              <summary>As text</summary>
              <pre>${mail.text}</pre>
            </details>`
    }
    ${files(mail.files, at)}
    <details>
      <summary>Headers</summary>
      <pre class="source">${mail.headers.map(({ key, value }) => `${key}: ${value}`).join('\n')}</pre>
    </details>`;

const line = (name: string, people: Person[]): Html | null =>
  people.length > 0
    ? html`<dt>${name}</dt>
        <dd>${people.map(inWords).join(', ')}</dd>`
    : null;

const files = (all: ShownFile[], at: string): Html | null =>
  all.length === 0
    ? null
    : html`<h2>Attachments</h2>
        <ul>
          ${all.map(
            (file, index) =>
              html`<li>
                <a href="${at}/attachments/${index}" download>${file.name}</a> ${file.contentType},
                ${file.bytes.length} bytes${file.contentId ? ', inline' : null}
              </li>`,
          )}
        </ul>`;

const answerForm = (mail: ShownMail, at: string): Html =>
  html` <h2 id="answer">Answer</h2>
    <form class="answer" method="post" action="${at}/answer" enctype="multipart/form-data">
      <span>To ${(mail.replyTo.length > 0 ? mail.replyTo : mail.from).map(inWords).join(', ')}</span>
      <textarea
        name="text"
        aria-label="Text"
        placeholder="The mail above will be quoted below your text."
      ></textarea>
      <input type="file" name="file" multiple aria-label="Files" />
      <button>Send</button>
    </form>`;
