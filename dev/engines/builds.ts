import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tool } from './find.ts';
import type { Build, Cached } from './recipe.ts';
import { cargo, cCompiler, cmake, go, java, maven, python } from './tools.ts';

type Files = NonNullable<Build['files']>;

/**
 * A wheel of PyPI in a venv of its own, with pinned versions and hashes.
 * @param requirements its file in wheels/; scripts/pin-wheels.js makes it
 */
export function wheel(into: Cached, requirements: string, needs: Tool = python, files: Files = {}): Build {
  const file = fileURLToPath(new URL(`wheels/${requirements}`, import.meta.url));
  return {
    into,
    how: 'as a wheel, with pip',
    takes: 'half a minute or less',
    tools: [needs],
    steps: (folder, [interpreter = 'python3']) => [
      { command: interpreter, args: ['-m', 'venv', folder] },
      {
        // Not bin/pip: its first line names the interpreter, and the kernel cuts off a long one.
        command: path.join(folder, 'bin/python'),
        args: [
          '-m',
          'pip',
          'install',
          ...['--no-input', '--disable-pip-version-check', '--require-hashes'],
          // Nothing is compiled, and no script of a package runs.
          ...['--only-binary', ':all:', '--requirement', file],
        ],
      },
    ],
    files,
  };
}

export function goInstall(into: Cached, what: string): Build {
  return {
    into,
    how: 'with Go',
    takes: 'minutes',
    tools: [go],
    steps: (folder, [command = 'go']) => [
      {
        command,
        args: ['install', '-v', what],
        env: { GOBIN: path.join(folder, path.dirname(into.run)), GOFLAGS: '-modcacherw' },
      },
    ],
  };
}

/** @param version asks for a newer rustc than it needs: that is ignored */
export function cargoInstall(into: Cached, crate: string, version: string): Build {
  return {
    into,
    how: 'with cargo',
    takes: 'minutes',
    tools: [cargo, cmake, cCompiler],
    steps: (folder, [command = 'cargo']) => {
      // Kept until the build is complete: one that was interrupted continues from there.
      const target = path.join(path.dirname(folder), '.secantus-target');
      return [
        {
          command,
          args: [
            ...['install', crate, '--version', version, '--locked', '--ignore-rust-version'],
            ...['--root', folder],
          ],
          env: { CARGO_TARGET_DIR: target },
        },
        // 600 MB that nothing needs any more.
        {
          command: process.execPath,
          args: ['-e', 'fs.rmSync(process.argv[1], { recursive: true, force: true })', target],
        },
      ];
    },
  };
}

/**
 * A Java program with all that it needs, from Maven Central. `files` has the pom.xml, and the script that
 * runs it.
 */
export function mavenCopy(into: Cached, files: Files): Build {
  return {
    into,
    how: 'with Maven',
    takes: 'a minute',
    tools: [maven, java],
    steps: (folder, [command = 'mvn']) => [
      {
        command,
        args: [
          ...['-B', '-ntp', '-f', path.join(folder, 'pom.xml'), 'dependency:copy-dependencies'],
          `-DoutputDirectory=${folder}/lib`,
        ],
      },
    ],
    files,
  };
}
