import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Context, Middleware } from 'koa';
import { answer } from './answer.ts';

/** Paths that are never a page, whatever a browser asks for there. */
const NOT_A_PAGE = /^\/(api|files|webhooks|health|metrics)(\/|$)/;
const FOREVER = 'public, max-age=31536000, immutable';
const A_DAY = 'public, max-age=86400';
/** The encodings that the build has made (scripts/buildPage.js), the smallest first. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

interface File {
  /** Where it is, with its encodings; `identity` is always there. */
  variants: Map<string, { path: string; bytes: number }>;
  isHashed: boolean;
}

/**
 * Serves the built dashboard: its files, and index.html for every other GET that accepts HTML, because the page itself
 * knows what its URLs mean. index.html names the files by their hashes, so it is asked for anew each time and they never.
 * @param folder what scripts/buildPage.js wrote
 * @param publicUrl may have a path, which a proxy takes off before it asks us
 * @returns null when the folder has no page
 */
export function createPage({ folder, publicUrl }: { folder: string; publicUrl: string }): Middleware | null {
  const index = path.join(folder, 'index.html');
  if (!existsSync(index)) return null;
  const basePath = new URL(publicUrl).pathname.replace(/\/?$/, '/');
  const html = readFileSync(index, 'utf8')
    .replaceAll('="./', `="${basePath}`)
    .replace('name="base-path" content="/"', `name="base-path" content="${basePath}"`);
  const files = filesIn(folder);
  return async (ctx, next) => {
    if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || NOT_A_PAGE.test(ctx.path)) {
      await next();
      return;
    }
    const file = files.get(ctx.path);
    if (file) return sendFile(ctx, file);
    if (ctx.path.startsWith('/assets/'))
      return answer(ctx, 404, 'There is no such file: load the page again.');
    if (ctx.path === '/' || ctx.get('Accept').includes('text/html')) return sendIndex(ctx, html);
    await next();
  };
}

function sendIndex(ctx: Context, html: string): void {
  const nonce = randomBytes(16).toString('base64');
  ctx.set({
    'Content-Security-Policy': policy(nonce),
    'Cache-Control': 'no-cache',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  ctx.type = 'html';
  ctx.body = html.replaceAll('__NONCE__', nonce);
}

/** Nothing from elsewhere, and no script but our files. Mail is a document of its own with a stricter policy. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

function sendFile(ctx: Context, { variants, isHashed }: File): void {
  ctx.vary('Accept-Encoding');
  const encoding = ctx.acceptsEncodings(
    ...Object.keys(ENCODINGS).filter((each) => variants.has(each)),
    'identity',
  );
  const chosen = variants.get(encoding || 'identity') ?? variants.get('identity')!;
  if (chosen !== variants.get('identity')) ctx.set('Content-Encoding', encoding as string);
  ctx.set({ 'Cache-Control': isHashed ? FOREVER : A_DAY, 'X-Content-Type-Options': 'nosniff' });
  ctx.type = path.extname(ctx.path);
  ctx.status = 200;
  if (ctx.method === 'GET') ctx.body = createReadStream(chosen.path);
  ctx.length = chosen.bytes;
}

/** Every file of the build by its URL: what is not in here cannot be asked for. */
function filesIn(folder: string): Map<string, File> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = new Set(entries.map((entry) => path.join(entry.parentPath, entry.name)));
  const files = new Map<string, File>();
  for (const file of paths) {
    if (Object.values(ENCODINGS).some((ending) => file.endsWith(ending))) continue;
    const variants: File['variants'] = new Map();
    for (const [encoding, ending] of [...Object.entries(ENCODINGS), ['identity', ''] as const])
      if (paths.has(file + ending))
        variants.set(encoding, { path: file + ending, bytes: statSync(file + ending).size });
    const url = `/${path.relative(folder, file).replaceAll(path.sep, '/')}`;
    if (url !== '/index.html') files.set(url, { variants, isHashed: url.startsWith('/assets/') });
  }
  return files;
}
