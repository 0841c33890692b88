import type { Tool } from './find.ts';

/** What wheels and builds need on the machine, in the versions with which they were tried. */

/** A Python without these two modules (Debian without python3-venv) cannot make a venv with pip in it. */
const askPython = ['-c', 'import sys, venv, ensurepip; print(".".join(map(str, sys.version_info[:3])))'];

/** For wheels that only contain a program, which run with every Python. */
export const python: Tool = {
  name: 'Python 3 with venv and pip',
  commands: ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'],
  ask: askPython,
  atLeast: '3.8',
};

/** SecantusDB has wheels for these versions. */
export const pythonOfSecantus: Tool = {
  name: 'Python 3.10-3.13 with venv and pip',
  commands: ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python'],
  ask: askPython,
  atLeast: '3.10',
  below: '3.14',
};

/** From 1.21 on, Go fetches a later toolchain by itself where a module asks for one. */
export const go: Tool = { name: 'go', commands: ['go'], ask: ['version'], atLeast: '1.21' };
export const cargo: Tool = { name: 'cargo', commands: ['cargo'], ask: ['--version'], atLeast: '1.95' };
export const cmake: Tool = { name: 'cmake', commands: ['cmake'], ask: ['--version'] };
export const cCompiler: Tool = {
  name: 'a C compiler',
  commands: ['cc', 'gcc', 'clang'],
  ask: ['--version'],
};
export const maven: Tool = { name: 'mvn', commands: ['mvn'], ask: ['--version'], atLeast: '3.1' };
export const java: Tool = { name: 'java', commands: ['java'], ask: ['-version'], atLeast: '17' };
