import { nextFreePort } from '../../dev/engines/ports.ts';

const taken = new Set<number>();
const PORTS_A_WORKER = 1_000;
/**
 * A port that stays free while no process listens on it: below those that the system gives to outgoing
 * connections (32768 and up on Linux), and in a range of this jest worker's own.
 */
export function lastingPort(): Promise<number> {
  const worker = Number(process.env.JEST_WORKER_ID ?? 1) % 10;
  const from = 20_000 + worker * PORTS_A_WORKER;
  return nextFreePort(from + Math.floor(Math.random() * (PORTS_A_WORKER / 2)), taken);
}
