// node scripts/compile.js <folder> <bundle>: compiles all parts into the folder, without checking types, and
// bundles the workflows into the file `bundle` if it does not exist. See built.js.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { filesIn, PARTS } from './built.js';

const [folder, bundle] = process.argv.slice(2);
const options = {
  swcrc: false,
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022', rewriteRelativeImportExtensions: true },
  module: { type: 'es6' },
  sourceMaps: true,
};

mkdirSync(folder, { recursive: true });
await Promise.all(PARTS.flatMap(filesIn).map(compile));
if (!existsSync(bundle)) {
  const bundler = fileURLToPath(new URL('./bundle.js', import.meta.url));
  execFileSync(process.execPath, [bundler, folder], { stdio: 'inherit' });
  copyFileSync(path.join(folder, 'workflow-bundle.js'), `${bundle}-${process.pid}`);
  renameSync(`${bundle}-${process.pid}`, bundle);
} else {
  copyFileSync(bundle, path.join(folder, 'workflow-bundle.js'));
  // One that is used again is kept longest (removeOldBuilds).
  utimesSync(bundle, new Date(), new Date());
}

async function compile(file) {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  if (!file.endsWith('.ts')) {
    copyFileSync(file, target);
    return;
  }
  const { code, map } = await transformFile(file, options);
  const script = target.replace(/ts$/, 'js');
  writeFileSync(script, `${code}\n//# sourceMappingURL=${path.basename(script)}.map\n`);
  writeFileSync(`${script}.map`, map);
}
