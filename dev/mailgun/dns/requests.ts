import { z } from 'zod';
import { FAULTS, TYPES } from './zone.ts';

const NAME = /^(?:[!-\-/-~]{1,63}\.)*[!-\-/-~]{1,63}\.?$/;
const name = z
  .string()
  .trim()
  .max(254)
  .regex(
    NAME,
    'must be a full name like _postroom.acme.test, in ASCII (xn--…), with at most 63 characters in a label',
  );

const DnsRecordBody = z
  .object({
    name,
    type: z.enum(TYPES),
    // Far more than any record needs, and small enough for one answer.
    value: z.string().min(1).max(8192),
    priority: z.number().int().min(0).max(65_535).nullish(),
  })
  .refine(({ type, value }) => type === 'TXT' || NAME.test(value), {
    path: ['value'],
    message: 'must be the name of a host; the priority of an MX is a field of its own',
  });

/**
 * One record, a list, or a list under `records`. Further keys are ignored, so that the `records` of a domain
 * in an API, or the whole domain, can be sent unchanged.
 */
export const PutRecords = z.preprocess(
  (body) => {
    if (Array.isArray(body)) return { records: body as unknown };
    return typeof body === 'object' && body !== null && !('records' in body) ? { records: [body] } : body;
  },
  z.object({ records: z.array(DnsRecordBody).min(1).max(1000) }),
);
export type PutRecords = z.infer<typeof PutRecords>;

/** Strict: with a misspelt field the request would remove everything. */
export const RemoveRecords = z
  .strictObject({ name: name.optional(), type: z.enum(TYPES).optional() })
  .refine((wanted) => wanted.name !== undefined || wanted.type === undefined, {
    path: ['name'],
    message: 'is required with type',
  });

export const PutFault = z.strictObject({
  name: z.union([z.literal('*'), name]),
  fault: z.enum(FAULTS).nullable(),
});
