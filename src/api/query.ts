import type { ParsedUrlQuery } from 'node:querystring';
import type { z } from 'zod';
import { Problem } from './problem.ts';

/** The query string as its schema says. @throws Problem 422 that names each field that is wrong or not known. */
export function readQuery<Schema extends z.ZodType>(query: ParsedUrlQuery, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: 'is not a parameter of this list' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
  throw new Problem(422, errors.map(({ field, message }) => `${field} ${message}`).join('; '), { errors });
}
