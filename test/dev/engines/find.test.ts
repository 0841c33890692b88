import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { findTool, type Tool } from '../../../dev/engines/find.ts';
import { summaryOf } from '../../../dev/engines/output.ts';
import { go, python, pythonOfSecantus } from '../../../dev/engines/tools.ts';
import { answersVersion, newMachine, type Machine } from './fakes.ts';

const PYENV = `echo "pyenv: $0: command not found"; echo; echo "The command exists in these Python versions:"
echo "  3.13.0"; echo; echo "Note: See 'pyenv help global'"; exit 127`;

async function find(machine: Machine, tool: Tool) {
  const refused: string[] = [];
  const found = await findTool(tool, machine.place.env, (why) => refused.push(why));
  return { found, refused, in: (command: string) => path.join(machine.dir, 'bin', command) };
}

test('a python that pyenv has on the PATH but not switched on is passed over, and the next one is taken', async () => {
  const machine = newMachine();
  machine.install('python3.13', PYENV);
  machine.install('python3.12', PYENV);
  machine.install('python3', answersVersion('-c', '3.11.7'));
  const { found, refused, in: at } = await find(machine, pythonOfSecantus);
  expect(found).toEqual({ run: at('python3'), version: '3.11.7' });
  expect(refused[0]).toBe(
    `${at('python3.13')} does not run (exit code 127: pyenv: ${at('python3.13')}: command not found | The command exists in these Python versions: | … | Note: See 'pyenv help global')`,
  );
  expect(refused).toHaveLength(2);
});

test('one that is too old, and one that is too new, are said with both numbers', async () => {
  const machine = newMachine();
  machine.install('python3.13', answersVersion('-c', '3.14.1'));
  machine.install('python3', answersVersion('-c', '3.9.18'));
  const { found, refused, in: at } = await find(machine, pythonOfSecantus);
  expect(found).toBeNull();
  expect(refused).toEqual([
    `${at('python3.13')} is 3.14.1, and one below 3.14 is needed`,
    `${at('python3')} is 3.9.18, and 3.10 or later is needed`,
  ]);
});

test('a python without venv or pip does not do', async () => {
  const machine = newMachine();
  machine.install('python3', `echo "No module named 'ensurepip'" >&2; exit 1`);
  const { found, refused } = await find(machine, python);
  expect(found).toBeNull();
  expect(refused[0]).toMatch("does not run (exit code 1: No module named 'ensurepip')");
});

test('of two commands of one name the second is taken where the first does not run', async () => {
  const machine = newMachine();
  machine.install('go', PYENV);
  const other = newMachine();
  other.install('go', answersVersion('version', 'go version go1.26.8 linux/amd64'));
  machine.place.env.PATH = [machine, other].map(({ dir }) => path.join(dir, 'bin')).join(':');
  const { found, refused } = await find(machine, go);
  expect(found).toEqual({ run: path.join(other.dir, 'bin/go'), version: '1.26.8' });
  expect(refused).toHaveLength(1);
});

test('a program that two folders of the PATH have is asked once', async () => {
  const machine = newMachine();
  machine.install('go', 'exit 1');
  const links = path.join(machine.dir, 'links');
  mkdirSync(links);
  symlinkSync(path.join(machine.dir, 'bin/go'), path.join(links, 'go'));
  machine.place.env.PATH = `${path.join(machine.dir, 'bin')}:${links}`;
  const { refused, in: at } = await find(machine, go);
  expect(refused).toEqual([`${at('go')} does not run (exit code 1: it printed nothing)`]);
});

test('a link at the end of the PATH does not put its program behind the others', async () => {
  const [first, second] = [newMachine(), newMachine()];
  first.install('go', answersVersion('version', 'go version go1.26.8 linux/amd64'));
  second.install('go', answersVersion('version', 'go version go1.25.1 linux/amd64'));
  const links = path.join(first.dir, 'links');
  mkdirSync(links);
  symlinkSync(path.join(first.dir, 'bin/go'), path.join(links, 'go'));
  first.place.env.PATH = [path.join(first.dir, 'bin'), path.join(second.dir, 'bin'), links].join(':');
  expect((await find(first, go)).found?.version).toBe('1.26.8');
});

test('versions are compared as numbers', async () => {
  const machine = newMachine();
  machine.install('go', answersVersion('version', 'go version go1.9.4 linux/amd64'));
  const { refused, in: at } = await find(machine, go);
  expect(refused).toEqual([`${at('go')} is 1.9.4, and 1.21 or later is needed`]);
});

test('of long output the first two lines and the last one are shown, without colours', () => {
  expect(summaryOf('\n\u001b[31mone\u001b[0m\n\n two \nthree\nfour\n')).toBe('one | two | … | four');
  expect(summaryOf('one\ntwo\n')).toBe('one | two');
  expect(summaryOf(' \n')).toBe('it printed nothing');
  expect(summaryOf(`${'a'.repeat(200)}${'b'.repeat(200)}`)).toBe(`${'a'.repeat(120)} … ${'b'.repeat(160)}`);
});
