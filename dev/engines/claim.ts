import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pause } from './child.ts';
import { isAlive } from '../../src/lib/isAlive.ts';

/** A claim that was not touched for this long is dead, even if its pid is in use (ms). */
const DEAD_AFTER_MS = 30_000;
const TOUCH_EVERY_MS = 3_000;

interface Holder {
  pid: number;
  host: string;
}

/** One process' claim on work that only one process at a time may do. */
export interface Claim {
  readonly name: string;
  readonly release: () => void;
}

/**
 * Waits for a claim. Every process that wants it puts a file of its own into the folder and keeps touching
 * it; the first living one in name order holds the claim. No file is ever taken over, so two processes cannot
 * both take over the claim of a holder that was killed: the first to see a dead file deletes it.
 */
export async function takeClaim(folder: string, onWait: (holder: number) => void): Promise<Claim> {
  const claim = enter(folder);
  try {
    await pause(50); // a process that chose its name just before this one has written its file by now
    for (let ahead = firstOther(folder, claim.name); ahead; ahead = firstOther(folder, claim.name)) {
      onWait(ahead.pid);
      await pause(500);
    }
    return claim;
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** Like `takeClaim`, but gives up at once. @returns the pid of the holder when another process has it. */
export async function tryClaim(folder: string): Promise<Claim | number> {
  const claim = enter(folder);
  await pause(50);
  const ahead = firstOther(folder, claim.name);
  if (!ahead) return claim;
  claim.release();
  return ahead.pid;
}

/** Names of claims in the folder whose process lives. */
export function livingClaims(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .filter((name) => holderOf(path.join(folder, name)) !== null);
}

function enter(folder: string): Claim {
  mkdirSync(folder, { recursive: true });
  const name = `${Date.now().toString().padStart(15, '0')}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = path.join(folder, name);
  const holder: Holder = { pid: process.pid, host: os.hostname() };
  writeFileSync(file, JSON.stringify(holder));
  const touching = setInterval(() => utimesSync(file, new Date(), new Date()), TOUCH_EVERY_MS);
  touching.unref();
  return {
    name,
    release: () => {
      clearInterval(touching);
      rmSync(file, { force: true });
    },
  };
}

function firstOther(folder: string, own: string): Holder | null {
  for (const name of readdirSync(folder).sort()) {
    if (name === own) return null;
    const holder = holderOf(path.join(folder, name));
    if (holder) return holder;
  }
  return null;
}

/** The living holder of this file; null when it is dead, and then the file is deleted. */
function holderOf(file: string): Holder | null {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    const text = readFileSync(file, 'utf8');
    // The file is empty between its creation and the writing of its content.
    const holder = text === '' ? { pid: 0, host: '' } : (JSON.parse(text) as Holder);
    const gone = holder.host === os.hostname() && !isAlive(holder.pid);
    if (age <= DEAD_AFTER_MS && !gone) return holder;
    rmSync(file, { force: true });
  } catch {
    // It was deleted meanwhile.
  }
  return null;
}
