import { randomBytes } from 'node:crypto';
import { Connection as TemporalConnection } from '@temporalio/client';
import mongoose from 'mongoose';
import { migrate } from '../../src/infra/migrations/migrate.ts';
import { createModels, type Models } from '../../src/infra/models/index.ts';

/** Engines that globalSetup brought up for this run of the tests. */
function engine(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: test/support/globalSetup.ts did not run`);
  return value;
}
export const mongoUri = (): string => engine('TEST_MONGODB_URI');
export const temporalAddress = (): string => engine('TEST_TEMPORAL_ADDRESS');

/** URI of a database that no other test uses. */
export function freshDatabaseUri(): string {
  const uri = new URL(mongoUri());
  uri.pathname = `/t_${randomBytes(6).toString('hex')}`;
  return uri.toString();
}

/** All collections, with their indexes, in a database of its own. Close `models.connection` when done. */
export async function freshModels(uri = freshDatabaseUri()): Promise<Models> {
  const connection = await mongoose
    .createConnection(uri, { writeConcern: { w: 'majority', journal: true } })
    .asPromise();
  const models = createModels(connection);
  await migrate(connection, () => undefined);
  return models;
}

/** A Temporal namespace of its own, ready to start workflows in. */
export async function freshNamespace(): Promise<string> {
  const namespace = `t-${randomBytes(6).toString('hex')}`;
  const connection = await TemporalConnection.connect({ address: temporalAddress() });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: (7 * 24 * 60 * 60) as never },
    });
    for (;;) {
      // The server's caches learn of a namespace a moment after it is registered.
      try {
        await connection.workflowService.listOpenWorkflowExecutions({ namespace });
        await connection.workflowService.getSystemInfo({});
        return namespace;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  } finally {
    await connection.close();
  }
}
