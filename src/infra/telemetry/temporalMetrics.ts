import net from 'node:net';
import { once } from 'node:events';
import type { TelemetryOptions } from '@temporalio/worker';

/**
 * The metrics of Temporal's SDK. It serves them itself, on a port of its own, which only this process reads.
 */
export interface TemporalMetrics {
  telemetry: TelemetryOptions;
  /** In Prometheus's text format; empty when it does not answer. */
  read(): Promise<string>;
}

const ANSWERS_WITHIN_MS = 2_000;

export async function createTemporalMetrics(): Promise<TemporalMetrics> {
  const address = `127.0.0.1:${await freePort()}`;
  const prometheus = {
    bindAddress: address,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
  };
  const read = async () => {
    const answer = await fetch(`http://${address}/metrics`, {
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    return answer.text();
  };
  return { telemetry: { metrics: { prometheus } }, read: () => read().catch(() => '') };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
