import type { ParsedUrlQuery } from 'node:querystring';
import type { z } from 'zod';
import { wrongFields } from './problem.ts';

/**
 * The query string as its schema reads it.
 * @throws Problem 422 that names each parameter that is wrong or unknown
 */
export function readQuery<Schema extends z.ZodType>(query: ParsedUrlQuery, schema: Schema): z.output<Schema> {
  return readFields(query, schema, 'is not a parameter of this request');
}

/** @param unknown message for a field that the schema does not have. @throws Problem 422 */
export function readFields<Schema extends z.ZodType>(
  fields: unknown,
  schema: Schema,
  unknown: string,
): z.output<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  if (Array.isArray(fields)) throw wrongFields([{ field: '', message: 'must be an object' }]);
  throw wrongFields(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((field) => ({ field, message: unknown }))
        : [{ field: issue.path.join('.'), message: issue.message }],
    ),
  );
}
