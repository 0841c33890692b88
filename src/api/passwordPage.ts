import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '../core/access/passwords.ts';

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem; }
  input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin: .25rem 0; }
`;
const SCRIPT = `
  const form = document.querySelector('form');
  const status = document.querySelector('[role=status]');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const [password] = new FormData(form).getAll('password');
    const answer = await fetch('/api/v1/password', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: location.hash.slice(1), password }),
    }).catch(() => null);
    if (answer && answer.ok) {
      form.remove();
      history.replaceState(null, '', location.pathname);
      status.textContent = 'Your password is set. You can now sign in with it.';
      return;
    }
    const problem = answer && (await answer.json().catch(() => null));
    status.textContent = problem ? problem.detail : 'Postroom could not be reached. Try again.';
  });
`;
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Set your password</title><style>${STYLE}</style></head>
<body><h1>Set your password</h1>
<form>
  <label>New password
    <input name="password" type="password" autocomplete="new-password" required
      minlength="${MIN_PASSWORD_CHARS}" maxlength="${MAX_PASSWORD_CHARS}"></label>
  <button>Set password</button>
</form>
<p role="status"></p>
<script>${SCRIPT}</script></body></html>
`;

const sourceHash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const POLICY = [
  "default-src 'none'",
  `script-src ${sourceHash(SCRIPT)}`,
  `style-src ${sourceHash(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page that links to set a password lead to. The token is behind the `#`, so only the form sends it. */
export function sendPasswordPage(ctx: Context): void {
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.type = 'html';
  ctx.body = PAGE;
}
