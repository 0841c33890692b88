import { z } from 'zod';

/** ISO 8601, UTC. */
export const Time = z.date();

/** As it is in a mail. */
export const MailAddress = z
  .object({ email: z.string(), name: z.string() })
  .meta({ id: 'Address', description: 'As it stands in the mail.' });

/** What every list answers. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({
    data: z.array(row),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; null: this is the last.' }),
  });

/** Every answer that is not the one hoped for (problem.ts). */
export const ProblemBody = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'A sentence for a person.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each field that is wrong, and why.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457, as `application/problem+json`.' });
