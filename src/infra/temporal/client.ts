import { Client, Connection } from '@temporalio/client';

/** A client that connects with its first call, and again after every break. */
export function createTemporalClient({ address, namespace }: { address: string; namespace: string }): Client {
  const connection = Connection.lazy({
    address,
    // By default gRPC waits up to two minutes before it connects again to a server that was away.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 5_000 },
  });
  return new Client({ connection, namespace });
}
