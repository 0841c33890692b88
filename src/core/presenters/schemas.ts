import { z } from 'zod';

/** ISO 8601, UTC. */
export const Time = z.date();

/** An address as the mail has it. */
export const MailAddress = z
  .object({ email: z.string(), name: z.string() })
  .meta({ id: 'Address', description: 'As written in the mail.' });

/** The answer of every list endpoint. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({
    data: z.array(row),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; null on the last page.' }),
  });

/** The body of every error answer (api/problem.ts). */
export const ProblemBody = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'A sentence for a person.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each invalid field, and what is wrong with it.' }),
    merged_into: z.string().optional().meta({
      description: 'Of a 404: the id of the thread or contact that it was merged into, if the user sees it.',
    }),
    merged_kind: z
      .enum(['ticket', 'conversation'])
      .optional()
      .meta({ description: 'The kind of `merged_into`, where that is a thread.' }),
    merged_number: z.int().nullable().optional().meta({
      description: 'The number of `merged_into`, where that is a ticket.',
    }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457, as `application/problem+json`.' });
