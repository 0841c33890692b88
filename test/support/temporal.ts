import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { engine } from './engine.ts';

/** Importing this module starts Temporal for this run of the tests, if no other file has. */
const address = await engine('temporal');
export const temporalAddress = (): string => address;

/**
 * A connection. Its limit is for a machine that is many times slower: by default the first call has two
 * seconds.
 */
export const connectTemporal = (to = address): Promise<Connection> =>
  Connection.connect({ address: to, connectTimeout: '2 minutes' });

/**
 * A Temporal namespace of its own, ready to start workflows in.
 * @param at the server; by default that of the tests
 */
export async function freshNamespace(at = address): Promise<string> {
  const namespace = `t-${randomBytes(6).toString('hex')}`;
  const connection = await connectTemporal(at);
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
        await sleep(100);
      }
    }
  } finally {
    await connection.close();
  }
}
