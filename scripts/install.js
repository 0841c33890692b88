// Installs the packages of package-lock.json if node_modules does not have them. Runs before `npm start` and
// `npm test`, when nothing may be installed yet, so it uses only Node.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);

/** name -> version of the packages in a lock file; null when there is none. */
function packagesIn(file) {
  try {
    return Object.entries(JSON.parse(readFileSync(new URL(file, root), 'utf8')).packages).filter(
      ([name]) => name,
    );
  } catch {
    return null;
  }
}

function isInstalled() {
  const installed = packagesIn('node_modules/.package-lock.json');
  if (!installed) return false;
  const versions = new Map(installed.map(([name, { version }]) => [name, version]));
  // Optional packages may be for other platforms.
  return packagesIn('package-lock.json').every(
    ([name, { version, optional }]) => versions.get(name) === version || (optional && !versions.has(name)),
  );
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
  console.error(
    `Postroom needs Node 20.20 or later, and this is ${process.versions.node}: see https://nodejs.org.`,
  );
  process.exit(1);
}
if (!isInstalled()) {
  console.log('Installing the packages of package-lock.json (npm install --no-save).');
  // Not `npm ci`: it refuses a lock file without the optional packages for other platforms, which a registry
  // may not have. `--no-save` does not change the lock file.
  const install = ['install', '--no-save', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', install, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(
      'The packages could not be installed: see the output of npm above. Correct that, then try again.',
    );
    process.exit(1);
  }
}
