import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../../dev/engines/child.ts';
import { runNode, typescript, until } from './fakes.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-child-'));
let count = 0;
const sh = (script: string, graceSeconds = 60) =>
  startChild({
    command: '/bin/sh',
    args: ['-c', script],
    logFile: path.join(dir, `${++count}.log`),
    graceSeconds,
  });
const log = () => readFileSync(path.join(dir, `${count}.log`), 'utf8');

/** A process that ended but was not yet waited for (a zombie) is gone too. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
const pidIn = (text: string) => Number(/pid (\d+)/.exec(text)?.[1]);

test('stop lets a child finish, and tells how it ended', async () => {
  const child = sh('trap "echo finished; exit 7" TERM; echo up; while :; do sleep 0.1; done');
  await until('it is up', () => log().includes('up'));
  expect(child.running()).toBe(true);
  await child.stop();
  expect(await child.exited).toBe('exit code 7');
  expect(child.running()).toBe(false);
  expect(child.lastLine()).toBe('finished');
});

test('a child that does not listen is killed when its grace is over', async () => {
  const child = sh('trap "" TERM; echo pid $$; while :; do sleep 0.1; done', 1);
  await until('it is up', () => log().includes('pid'));
  const started = Date.now();
  await child.stop();
  expect(Date.now() - started).toBeGreaterThan(900);
  expect(isGone(pidIn(log()))).toBe(true);
});

test('a command that is not there ends with a line', async () => {
  const child = startChild({ command: '/no/such/program', args: [], logFile: path.join(dir, 'none.log') });
  expect(await child.exited).toBe('exit code 127');
  expect(child.lastLine()).toMatch('not found');
});

test('a child whose supervisor is killed with -9 ends, and its end is reported', async () => {
  const child = sh('echo pid $$; exec sleep 1000');
  await until('it is up', () => log().includes('pid'));
  process.kill(child.pid, 'SIGKILL');
  expect(await child.exited).toBe('signal SIGKILL');
  await until('the child is gone', () => isGone(pidIn(log())));
});

test('kill -9 of the parent leaves no orphan', async () => {
  const file = fileURLToPath(new URL('../../../dev/engines/child.ts', import.meta.url));
  const code = `
    const { startChild } = await import(${JSON.stringify(file)});
    startChild({ command: '/bin/sh', args: ['-c', 'echo pid $$; exec sleep 1000'], logFile: 'orphan.log' });
    setInterval(() => {}, 1000);`;
  const [, loader] = typescript('');
  const parent = runNode(['--import', loader!, '--input-type=module', '-e', code], dir);
  const orphan = path.join(dir, 'orphan.log');
  const text = () => {
    try {
      return readFileSync(orphan, 'utf8');
    } catch {
      return '';
    }
  };
  await until('the child is up', () => text().includes('pid'));
  const pid = pidIn(text());
  expect(isGone(pid)).toBe(false);
  parent.child.kill('SIGKILL');
  await until('the child is gone', () => isGone(pid));
});
