import { Schema, type SchemaDefinition } from 'mongoose';

/**
 * A schema with our conventions: string `_id`s that our code makes, no version key, no automatic index builds
 * (createIndexes makes them), and no fields in a row that its type does not have.
 */
export function rowSchema<Row>(definition: Record<keyof Row, unknown>): Schema {
  return new Schema(definition as SchemaDefinition, {
    versionKey: false,
    autoIndex: false,
    autoCreate: false,
    minimize: false,
    strict: 'throw',
  });
}

/** A string that may be empty (mongoose's own `required` refuses ''). */
export const text = { type: String, default: '' } as const;
export const requiredString = { type: String, required: true } as const;
export const nullableString = { type: String, default: null } as const;
export const nullableDate = { type: Date, default: null } as const;
/** `{email, name}` without an id of its own. */
export const address = { _id: false, email: String, name: text } as const;
