import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place } from '../../../dev/engines/here.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A machine with an empty cache, on which only `sh` and what `install` puts there can be found. */
export interface Machine {
  dir: string;
  place: Place;
  lines: string[];
  /** Puts a shell script on the PATH. */
  install(command: string, script: string): void;
}

export function newMachine(): Machine {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-machine-'));
  const bin = path.join(dir, 'bin');
  mkdirSync(bin);
  const machine: Machine = {
    dir,
    lines: [],
    place: {
      cacheDir: path.join(dir, 'cache'),
      env: { PATH: bin, HOME: dir },
      say: (line) => machine.lines.push(line),
    },
    install(command, script) {
      writeFileSync(path.join(bin, command), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
      chmodSync(path.join(bin, command), 0o755);
    },
  };
  return machine;
}

/** For a fake: what it prints when it is asked for its version, and is done then. */
export const answersVersion = (ask: string, version: string): string =>
  `[ "$1" = ${ask} ] && echo "${version}" && exit 0`;

/**
 * A `python3` of this version that makes a venv whose pip runs `pip`, a shell script in which `$bin` is the
 * venv's folder of programs. Other programs that its python runs end well.
 */
export const fakePython = (version: string, pip = 'exit 0'): string => `
${answersVersion('-c', version)}
bin="$3/bin"
mkdir -p "$bin"
cat > "$bin/python" <<'END'
#!/bin/sh
PATH=/usr/bin:/bin
bin="\${0%/*}"
[ "$2" = pip ] || exit 0
echo "$@" >> "$bin/arguments"
${pip}
END
chmod 755 "$bin/python"`;

/**
 * A `go` that builds a versitygw once this file is there, and counts in `<dir>/builds` how often it began and
 * was done.
 */
export const slowGo = (dir: string, signal = 'go-on'): string => `
${answersVersion('version', 'go version go1.26.8 linux/amd64')}
echo began >> ${dir}/builds
mkdir -p "$GOBIN"
echo compiling
echo half > "$GOBIN/half-done"
while [ ! -e ${dir}/${signal} ]; do sleep 0.1; done
printf '#!/bin/sh\\necho I am versitygw\\n' > "$GOBIN/versitygw.new"
chmod 755 "$GOBIN/versitygw.new"
mv "$GOBIN/versitygw.new" "$GOBIN/versitygw"
echo done >> ${dir}/builds`;

/**
 * Another process that obtains S3 on the same machine; what it says is in `lines`, how it ended in `exited`.
 */
export function obtainElsewhere({ dir, place }: Machine) {
  const code = `
    const { obtain } = await import(${JSON.stringify(path.join(root, 'dev/engines/obtain.ts'))});
    const { s3Recipe } = await import(${JSON.stringify(path.join(root, 'dev/engines/recipes.ts'))});
    const place = { ...${JSON.stringify({ cacheDir: place.cacheDir, env: place.env })}, say: console.log };
    console.log((await obtain(s3Recipe, place)).run);`;
  return runNode(['--import', tsx, '--input-type=module', '-e', code], dir);
}

/** Runs Node on a source file or code; tsx loads TypeScript. */
export function runNode(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output.text += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output, exited };
}

export const typescript = (file: string): string[] => ['--import', tsx, path.join(root, file)];

/** Waits for a condition, and fails with its words after `ms`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 120_000,
): Promise<void> {
  for (const end = Date.now() + ms; !(await condition());) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
