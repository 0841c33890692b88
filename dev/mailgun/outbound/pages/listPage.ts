import type { OutboxMail } from '../types.ts';
import { html, type Html } from './html.ts';
import { timeTag } from './layout.ts';

const PER_PAGE = 50;

/** Delivered mail, newest first. @param search in recipient and subject @param page from 1 */
export function listPage(outbox: OutboxMail[], search: string, page: number): Html {
  const wanted = search.toLowerCase();
  const matching = outbox.filter((mail) =>
    `${mail.recipient}\n${mail.subject}`.toLowerCase().includes(wanted),
  );
  const shown = matching.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  const link = (to: number, text: string) =>
    html`<a href="/sandbox/outbox?${new URLSearchParams({ q: search, page: String(to) }).toString()}"
      >${text}</a
    >`;
  return html` <header>
      <h1>Delivered mail</h1>
      <p>as its recipients see it</p>
    </header>
    <form class="search">
      <input
        type="search"
        name="q"
        value="${search}"
        placeholder="recipient or subject"
        aria-label="Search"
      /><button>Search</button>
    </form>
    ${
      shown.length > 0
        ? html`<ul class="mails">
            ${shown.map(row)}
          </ul>`
        : html`<p class="note">
            ${search ? 'No mail matches the search.' : 'No mail was delivered yet. Send one, then reload this page.'}
          </p>`
    }
    <nav>
      ${page > 1 ? link(page - 1, 'Newer') : null}${page * PER_PAGE < matching.length ? link(page + 1, 'Older') : null}
    </nav>`;
}

const row = (mail: OutboxMail): Html =>
  html`<li>
    <a href="/sandbox/outbox/${mail.id}">
      <span class="to">${mail.recipient}</span>
      <span class="subject">${mail.subject || '(no subject)'}</span>
      ${timeTag(mail.at)}</a
    >
  </li>`;
