import { z } from 'zod';

/**
 * A value as it was posted: text, or its bytes when they are not UTF-8, or a pointer to an object next to the
 * payload.
 */
const StoredValue = z.union([
  z.string(),
  z.object({ base64: z.string() }),
  z.object({ object: z.string(), size: z.number() }),
]);
type StoredValue = z.infer<typeof StoredValue>;
/** Name, value, and the name's bytes when it is not UTF-8. */
type StoredField = [name: string, value: StoredValue, nameBase64?: string];

/** By hand what z.tuple would check: a mail may have 90,000 header fields, each a field of the form. */
const isField = (field: unknown): field is StoredField =>
  Array.isArray(field) &&
  typeof field[0] === 'string' &&
  (typeof field[1] === 'string' || StoredValue.safeParse(field[1]).success) &&
  (field[2] === undefined || typeof field[2] === 'string');

/**
 * The payload of one post, at `<provider>-incoming/YYYY/MM/DD/<id>.json`. Fields keep the order in which they
 * were posted, and their bytes; `object` values are storage keys. The ingress writes it, activities read it.
 */
export const StoredPost = z.object({
  id: z.string(),
  provider: z.string(),
  /** ISO 8601, UTC: when the post arrived. */
  received_at: z.string(),
  content_type: z.string(),
  /** The raw MIME is in `mime` only. */
  fields: z.custom<StoredField[]>((fields) => Array.isArray(fields) && fields.every(isField)),
  files: z.array(
    z.object({
      field: z.string(),
      filename: z.string(),
      /** The filename's bytes when it is not UTF-8. */
      filename_base64: z.string().optional(),
      content_type: z.string(),
      size: z.number(),
      object: z.string(),
    }),
  ),
  /** Key and size in bytes of the raw MIME, when that was posted. */
  mime: z.object({ object: z.string(), size: z.number() }).nullable(),
  /** One entry for each recipient; each becomes one workflow `inbound/<inbound_id>`. */
  deliveries: z.array(z.object({ recipient: z.string(), inbound_id: z.string() })),
  /** Hash of the envelope sender, where the provider names one. Payloads of earlier versions have none. */
  sender_hash: z.string().nullable().optional(),
  /** SHA-256 over the post without what changes from try to try (Mailgun: timestamp, token, signature). */
  content_hash: z.string(),
  /** SHA-256 of the single-use token, when the provider has one. */
  token_hash: z.string().nullable(),
  /** Why the post was answered 406; such a post has no fields. */
  refused: z.string().nullable(),
});
export type StoredPost = z.infer<typeof StoredPost>;

/** An object next to the payload: its storage key, and its size in bytes. */
interface StoredObject {
  object: string;
  size: number;
}

/** The long fields, which are objects of their own, with their names. */
export function longFields({ fields }: StoredPost): [name: string, value: StoredObject][] {
  return fields.flatMap(([name, value]): [string, StoredObject][] =>
    typeof value === 'object' && 'object' in value ? [[name, value]] : [],
  );
}
