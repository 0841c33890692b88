import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

interface Packages {
  devDependencies: Record<'@sparticuz/chromium', string>;
}

/** Where a browser is, and the environment that it needs. */
interface Program {
  executablePath: string;
  env: Record<string, string>;
}

/** Where the browser is unpacked, and the environment that it and its search go by. */
export interface BrowserPlace {
  cacheDir: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Starts a Chromium without a window: the one that `CHROMIUM` names, else one on the PATH, else the one of the
 * package @sparticuz/chromium, which is unpacked once into the cache. Its site isolation and its web security
 * are on, unlike in that package's own arguments.
 * @param args further arguments
 */
export async function launchChromium(place: BrowserPlace, args: string[] = []): Promise<Browser> {
  const { executablePath, env } = installed(place.env) ?? (await unpacked(place));
  return chromium.launch({
    executablePath,
    env: { ...(place.env as Record<string, string>), ...env },
    // Every site has a process of its own, as in a desktop's browser. Engines and browser run as root in
    // containers, where Chromium's own sandbox cannot start.
    args: [
      '--site-per-process',
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--font-render-hinting=none',
      ...args,
    ],
    timeout: 120_000,
  });
}

function installed({ CHROMIUM, PATH = '' }: NodeJS.ProcessEnv): Program | null {
  if (CHROMIUM) return { executablePath: CHROMIUM, env: {} };
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const files = PATH.split(':').flatMap((folder) => names.map((name) => path.join(folder, name)));
  const executablePath = files.find(existsSync);
  return executablePath ? { executablePath, env: {} } : null;
}

/** The browser of the npm package, with the fonts and libraries that it brings. */
async function unpacked({ cacheDir, env }: BrowserPlace): Promise<Program> {
  const { devDependencies } = createRequire(import.meta.url)('../package.json') as Packages;
  const folder = path.join(cacheDir, `chromium-${devDependencies['@sparticuz/chromium']}`);
  if (!existsSync(folder)) await unpack(folder, env);
  const libraries = [path.join(folder, 'al2023/lib'), env.LD_LIBRARY_PATH].filter(Boolean);
  return {
    executablePath: path.join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_PATH: path.join(folder, 'fonts') },
  };
}

/** Into a folder of its own, then renamed: two processes may do it at once, and each may die. */
async function unpack(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}.part-`);
  try {
    const script = `import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())`;
    await promisify(execFile)(process.execPath, ['-e', script], {
      cwd: import.meta.dirname,
      // It unpacks into the temporary folder; the second variable makes it unpack its libraries too.
      env: { ...env, NODE_OPTIONS: '', TMPDIR: partial, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' },
    });
    await writeFile(path.join(partial, 'fonts/fonts.conf'), fontsIn(path.join(folder, 'fonts')));
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** The system's fonts, where it has any, and those of the package: its own file names a folder of Amazon's. */
const fontsIn = (folder: string): string =>
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>/usr/share/fonts</dir>` +
  `<dir>${folder}</dir><cachedir>${folder}-cache</cachedir></fontconfig>`;
