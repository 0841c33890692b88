import { mongoUri } from './mongodb.ts';
import { startAll, startStack, type Stack, type StackOptions } from './stack.ts';
import { startTcpGate, type TcpGate } from './tcpGate.ts';
import { temporalAddress } from './temporal.ts';

/** A stack whose processes reach their engines through gates; the test itself reaches them directly. */
export interface GatedStack extends Stack {
  mongodb: TcpGate;
  temporal: TcpGate;
}

export async function startGatedStack({
  processes = ['web', 'worker'],
  ...options
}: StackOptions = {}): Promise<GatedStack> {
  const uri = new URL(mongoUri());
  const temporalUrl = new URL(`tcp://${temporalAddress()}`);
  const [mongodb, temporal] = await Promise.all([
    startTcpGate({ host: uri.hostname, port: Number(uri.port || 27017) }),
    startTcpGate({ host: temporalUrl.hostname, port: Number(temporalUrl.port) }),
  ]);
  const stack = await startStack({ ...options, processes: [] });
  uri.host = `127.0.0.1:${mongodb.port}`;
  uri.pathname = `/${stack.models.connection.name}`;
  // Else the driver asks the replica set for its members' own addresses, and goes round the gate.
  uri.searchParams.set('directConnection', 'true');
  const through = { MONGODB_URI: uri.toString(), TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}` };

  const gated: GatedStack = {
    ...stack,
    mongodb,
    temporal,
    startWeb: (env) => stack.startWeb({ ...through, ...env }),
    startWorker: (env) => stack.startWorker({ ...through, ...env }),
    async close() {
      await Promise.all([mongodb.open(), temporal.open()]);
      await stack.close();
      await Promise.all([mongodb.end(), temporal.end()]);
    },
  };
  await startAll(gated, processes);
  return gated;
}
