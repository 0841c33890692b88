import { Connection } from '@temporalio/client';
import mongoose from 'mongoose';
import { mongoUri } from '../test/support/mongodb.ts';
import { running } from '../test/support/running.ts';
import { temporalAddress } from '../test/support/temporal.ts';

/** The versions that the engines report. A stand-in reports a version of MongoDB, and is named with it. */
export async function engineVersions(): Promise<{ temporal: string; mongodb: string }> {
  const temporal = await Connection.connect({ address: temporalAddress() });
  const mongodb = await mongoose.createConnection(mongoUri()).asPromise();
  try {
    const { serverVersion } = await temporal.workflowService.getSystemInfo({});
    const { version } = await mongodb.getClient().db('admin').command({ buildInfo: 1 });
    return {
      temporal: serverVersion,
      mongodb: running.standIn ? `${running.standIn} (as ${String(version)})` : String(version),
    };
  } finally {
    await Promise.all([temporal.close(), mongodb.close()]);
  }
}
