import type { Context } from 'koa';
import { html, type Html } from './html.ts';
import { STYLE } from './style.ts';

/** No scripts and no external resources; forms only to this server. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Answers with a page. */
export function showPage(ctx: Context, title: string, body: Html, status = 200): void {
  ctx.status = status;
  ctx.type = 'text/html; charset=utf-8';
  ctx.set('Content-Security-Policy', POLICY);
  const page = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title}</title>
      <style>
        ${STYLE}
      </style>
      ${body}
    </html> `;
  ctx.body = page.text;
}

/** `23 Nov 2026, 10:03 UTC`. @param iso ISO 8601. */
export function timeTag(iso: string): Html {
  const [, day, month, year, hour, minute] = /^\w+, (\d+) (\w+) (\d+) (\d+):(\d+)/.exec(
    new Date(iso).toUTCString(),
  )!;
  return html`<time datetime="${iso}">${Number(day)} ${month!} ${year!}, ${hour!}:${minute!} UTC</time>`;
}
