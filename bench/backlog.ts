import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../test/support/stack.ts';
import { say } from './report.ts';

/** A backlog that has not gone by then has collapsed (ms). */
const GIVE_UP_MS = 600_000;

export const routed = ({ models }: Stack): Promise<number> =>
  models.InboundEmail.countDocuments({ state: 'routed' });

/** Waits until so many mails are routed, or it has given up. @returns how many are */
export async function untilRouted(stack: Stack, count: number): Promise<number> {
  const deadline = Date.now() + GIVE_UP_MS;
  for (let saidAt = Date.now(); ; await sleep(1_000)) {
    const now = await routed(stack);
    if (now >= count || Date.now() > deadline) return now;
    if (Date.now() - saidAt < 15_000) continue;
    saidAt = Date.now();
    say(`${count - now} mails wait`);
  }
}

export const perSecond = (count: number, ms: number): number => (count / ms) * 1000;
