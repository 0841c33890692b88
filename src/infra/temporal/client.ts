import { Client, Connection } from '@temporalio/client';

/** A client that needs no server to be made: it connects at the first call, and again after every break. */
export function createTemporalClient({ address, namespace }: { address: string; namespace: string }): Client {
  const connection = Connection.lazy({
    address,
    // gRPC would wait up to two minutes before it knocks again at a server that was away.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 5_000 },
  });
  return new Client({ connection, namespace });
}
