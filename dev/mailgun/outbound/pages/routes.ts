import { createReadStream } from 'node:fs';
import type Router from '@koa/router';
import contentDisposition from 'content-disposition';
import type { Context } from 'koa';
import type { Mail } from '../../mail.ts';
import type { Received } from '../../receive.ts';
import { findInOutbox, outbox } from '../outbox.ts';
import type { SentMails } from '../sentMails.ts';
import type { OutboxMail } from '../types.ts';
import { answerTo } from './answer.ts';
import { framed, FRAME_POLICY } from './frame.ts';
import { html } from './html.ts';
import { showPage } from './layout.ts';
import { listPage } from './listPage.ts';
import { mailPage } from './mailPage.ts';
import { readShownMail, type ShownMail } from './shownMail.ts';
import { readWritten } from './readWritten.ts';

export interface PageOptions {
  mails: SentMails;
  /** Base URL of the local Mailgun. */
  url(): string;
  receive(mail: Mail): Promise<Received>;
}

/**
 * Delivered mail. No key is required, since only this machine can call it. Other host names than this
 * machine's own are refused with 403, so that no web site can read mail by DNS rebinding.
 *
 * - `GET /sandbox/outbox.json`: 200, newest first
 * - `GET /sandbox/outbox`: 200, a page; `?q=` searches
 * - `GET /sandbox/outbox/{id}`: 200, a page, 404
 * - `GET …/{id}/raw` (`?as=text`), `…/html`, `…/attachments/{n}`: 200, 404
 * - `POST …/{id}/answer`: 303 to the page once the answer was posted, 403 from another origin, 404, 422
 */
export function addPages(router: Router, options: PageOptions): void {
  const entryOf = (ctx: Context): OutboxMail | null =>
    findInOutbox(options.mails, (ctx.params as { id: string }).id, options.url());

  router.use(/^\/sandbox\/outbox/, async (ctx, next) => {
    ctx.set({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    if (/^(localhost|127\.0\.0\.1|\[::1\])$/.test(ctx.hostname)) await next();
    else sentence(ctx, 403, 'Open this page at localhost or 127.0.0.1.');
  });

  router.get('/', (ctx) => ctx.redirect('/sandbox/outbox'));
  router.get('/sandbox/outbox.json', (ctx) => {
    ctx.body = outbox(options.mails, options.url()).map(
      ({ id, recipient, rawUrl, messageId, subject, at }) => ({
        id,
        recipient,
        raw_url: rawUrl,
        message_id: messageId,
        subject,
        at,
      }),
    );
  });
  router.get('/sandbox/outbox', (ctx) => {
    const { q, page } = ctx.query;
    const search = String(q ?? '');
    showPage(
      ctx,
      'Delivered mail',
      listPage(outbox(options.mails, options.url()), search, Number(page) || 1),
    );
  });

  router.get('/sandbox/outbox/:id', async (ctx) => {
    const entry = entryOf(ctx);
    if (!entry) return sentence(ctx, 404, 'There is no such mail.');
    const mail = await readShownMail(entry.emlFile);
    showPage(ctx, entry.subject, mailPage(entry, mail, String(ctx.query.answered ?? '')));
  });

  router.get('/sandbox/outbox/:id/raw', (ctx) => {
    const entry = entryOf(ctx);
    if (!entry) return sentence(ctx, 404, 'There is no such mail.');
    ctx.set('Content-Security-Policy', FRAME_POLICY);
    ctx.type = ctx.query.as === 'text' ? 'text/plain; charset=utf-8' : 'message/rfc822';
    ctx.body = createReadStream(entry.emlFile);
  });

  router.get('/sandbox/outbox/:id/html', async (ctx) => {
    const mail = await shownMail(entryOf(ctx));
    if (mail?.html == null) return sentence(ctx, 404, 'There is no such mail, or it has no HTML.');
    ctx.set('Content-Security-Policy', FRAME_POLICY);
    ctx.type = 'text/html; charset=utf-8';
    ctx.body = framed({ ...mail, html: mail.html });
  });

  router.get('/sandbox/outbox/:id/attachments/:n', async (ctx) => {
    const file = (await shownMail(entryOf(ctx)))?.files[Number((ctx.params as { n: string }).n)];
    if (!file) return sentence(ctx, 404, 'There is no such file.');
    ctx.set('Content-Security-Policy', FRAME_POLICY);
    ctx.set('Content-Disposition', contentDisposition(file.name));
    ctx.type = /^[\w.+-]+\/[\w.+-]+$/.test(file.contentType) ? file.contentType : 'application/octet-stream';
    ctx.body = file.bytes;
  });

  router.post('/sandbox/outbox/:id/answer', async (ctx) => {
    if (ctx.get('origin') !== `http://${ctx.host}`)
      return sentence(ctx, 403, 'This form can only be sent from its own page.');
    const entry = entryOf(ctx);
    const mail = await shownMail(entry);
    if (!entry || !mail) return sentence(ctx, 404, 'There is no such mail.');
    const written = await readWritten(ctx.req);
    if (!written) return sentence(ctx, 422, 'The form cannot be read, or a file is larger than 25 MB.');
    if (!written.text.trim() && written.files.length === 0) return sentence(ctx, 422, 'The answer is empty.');
    const { deliveries } = await options.receive(answerTo(mail, entry, written));
    const worst = ['retrying', 'rejected'].find((wanted) =>
      deliveries.some(({ outcome }) => outcome === wanted),
    );
    ctx.redirect(`/sandbox/outbox/${entry.id}?answered=${worst ?? 'accepted'}`);
    ctx.status = 303;
  });
}

const shownMail = (entry: OutboxMail | null): Promise<ShownMail | null> =>
  entry ? readShownMail(entry.emlFile) : Promise.resolve(null);

const sentence = (ctx: Context, status: number, text: string): void =>
  showPage(
    ctx,
    text,
    html`<header><a href="/sandbox/outbox">Delivered mail</a></header>
      <p class="note">${text}</p>`,
    status,
  );
