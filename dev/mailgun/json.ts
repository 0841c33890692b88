import type { Context } from 'koa';
import type { z } from 'zod';

/** Largest JSON body in bytes: 25 MB of files in base64, and room for the rest. */
const MAX_JSON_BYTES = 60 * 1024 * 1024;

export interface FieldError {
  field: string;
  message: string;
}

/**
 * The checked body; null after an error was answered.
 * @param refuse answers a body of the wrong shape; by default with 422
 */
export async function readJson<T extends z.ZodType>(
  ctx: Context,
  schema: T,
  refuse = (errors: FieldError[]): void => void problem(ctx, 422, 'the body is not valid', errors),
): Promise<z.output<T> | null> {
  if (!ctx.is('json')) return problem(ctx, 415, 'the body must be application/json');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) return problem(ctx, 413, `the body is larger than ${MAX_JSON_BYTES} bytes`);
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return problem(ctx, 400, 'the body is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  refuse(
    parsed.error.issues.map((issue) => ({
      field: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : ''),
      message: issue.message,
    })),
  );
  return null;
}

export function problem(ctx: Context, status: number, title: string, errors?: FieldError[]): null {
  ctx.status = status;
  ctx.body = { type: 'about:blank', status, title, errors };
  ctx.type = 'application/problem+json';
  return null;
}
