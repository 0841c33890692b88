import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import Router from '@koa/router';
import getAbsoluteFSPath from 'swagger-ui-dist/absolute-path.js';

const SCRIPT = `
  SwaggerUIBundle({
    url: '/api/v1/openapi.json',
    dom_id: '#docs',
    deepLinking: true,
    docExpansion: 'none',
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
`;
const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Postroom API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>
<body><div id="docs"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script>${SCRIPT}</script></body></html>
`;
const POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  // Swagger UI sets inline styles, and shows images from `data:` URLs.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * `/api/v1/openapi.json`, and `/api/docs`: a page to read and try the API. Neither needs a token.
 * @param describe makes the document
 */
export function docsRoutes(describe: () => object): Router {
  const router = new Router();
  let document: string | undefined;
  router.get('/api/v1/openapi.json', (ctx) => {
    ctx.type = 'json';
    // Made at the first request, so that it does not delay the start.
    ctx.body = document ??= JSON.stringify(describe());
    // It holds no data of a workspace, so pages of other sites may read it.
    ctx.set({ 'Cache-Control': 'public, max-age=60', 'Access-Control-Allow-Origin': '*' });
  });
  router.get('/api/docs', (ctx) => {
    ctx.set({ 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' });
    ctx.type = 'html';
    ctx.body = PAGE;
  });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    router.get(`/api/docs/${file}`, (ctx) => {
      ctx.set('Cache-Control', 'public, max-age=86400');
      ctx.type = path.extname(file);
      ctx.body = createReadStream(path.join(getAbsoluteFSPath(), file));
    });
  return router;
}
