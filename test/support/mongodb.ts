import { randomBytes } from 'node:crypto';
import mongoose from 'mongoose';
import { migrate } from '../../src/infra/migrations/migrate.ts';
import { createModels, type Models } from '../../src/infra/models/index.ts';
import { engine } from './engine.ts';

/** Importing this module starts MongoDB for this run of the tests, if no other file has. */
const uri = await engine('mongodb');
export const mongoUri = (): string => uri;

/** URI of a database that no other test uses. */
export function freshDatabaseUri(): string {
  const uri = new URL(mongoUri());
  uri.pathname = `/t_${randomBytes(6).toString('hex')}`;
  return uri.toString();
}

/** All collections, with their indexes, in a database of its own. Close `models.connection` at the end. */
export async function freshModels(uri = freshDatabaseUri()): Promise<Models> {
  const connection = await mongoose
    .createConnection(uri, { writeConcern: { w: 'majority', journal: true } })
    .asPromise();
  const models = createModels(connection);
  await migrate(connection, () => undefined);
  return models;
}
