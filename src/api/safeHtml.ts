import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { safeBody } from '../core/replies/safeBody.ts';
import { storable } from '../mail/text.ts';
import type { ApiState } from './auth.ts';
import type { RouteDeps } from './deps.ts';
import { uncounted } from './unavailable.ts';

/** Signatures and snippets are texts of a page or two, with small pictures at most. */
const MAX_HTML_BYTES = 100_000;

/** HTML that a member writes to be used again and again. */
export const Html = z
  .string('must be text')
  .refine((text) => Buffer.byteLength(text) <= MAX_HTML_BYTES, `must be at most ${MAX_HTML_BYTES} bytes`)
  .refine((text) => !text.includes('\0'), 'must not have a NUL character in it')
  .transform(storable);

/** Sanitises such HTML, and makes the text from it where there is none. @throws Unfit */
export const safeTexts = async (
  ctx: RouterContext<ApiState>,
  { parser }: Pick<RouteDeps, 'parser'>,
  written: { text?: string | null | undefined; html?: string | null | undefined },
): Promise<{ text: string; html: string | null }> => {
  const { text, html } = await uncounted(ctx, () =>
    safeBody(parser, { text: written.text ?? null, html: written.html ?? null }),
  );
  return { text, html };
};
