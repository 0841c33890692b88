import { z } from 'zod';
import { FAULTS, TYPES } from './zone.ts';

const NAME = /^(?:[!-\-/-~]{1,63}\.)*[!-\-/-~]{1,63}\.?$/;
const name = z
  .string()
  .trim()
  .max(254)
  .regex(NAME, 'must be a whole name like _postroom.acme.test, in ASCII (xn--…), with 63 characters a label');

const DnsRecordBody = z
  .object({
    name,
    type: z.enum(TYPES),
    // A value that needs several answers' room helps nobody.
    value: z.string().min(1).max(8192),
    priority: z.number().int().min(0).max(65_535).nullish(),
  })
  .refine(({ type, value }) => type === 'TXT' || NAME.test(value), {
    path: ['value'],
    message: 'must be the name of a host; the priority of an MX stands beside it',
  });

/**
 * Records, as one, a list, or under `records`. More keys are let through: the `records` of a domain in the API, or the whole
 * domain, can be put as they are.
 */
export const PutRecords = z.preprocess(
  (body) => {
    if (Array.isArray(body)) return { records: body as unknown };
    return typeof body === 'object' && body !== null && !('records' in body) ? { records: [body] } : body;
  },
  z.object({ records: z.array(DnsRecordBody).min(1).max(1000) }),
);
export type PutRecords = z.infer<typeof PutRecords>;

/** Strict: a slip of the pen must not remove everything. */
export const RemoveRecords = z
  .strictObject({ name: name.optional(), type: z.enum(TYPES).optional() })
  .refine((wanted) => wanted.name !== undefined || wanted.type === undefined, {
    path: ['name'],
    message: 'is needed beside type',
  });

export const PutFault = z.strictObject({
  name: z.union([z.literal('*'), name]),
  fault: z.enum(FAULTS).nullable(),
});
