// Rewrites a requirements file of dev/engines/wheels: every package that a wheel needs, in one version, with
// the hashes of all its wheels on PyPI (every platform, every Python). One Python of each minor version must
// be named, because another one may need other packages:
//
//   node scripts/pin-wheels.js secantusdb.txt SecantusDB==0.7.0b3 python3.10 python3.11 python3.12 python3.13
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const [file, wanted, ...pythons] = process.argv.slice(2);
if (!file || !wanted || pythons.length === 0) throw new Error('see the first lines of scripts/pin-wheels.js');

/** "name==version" -> minor versions of Python that need it */
const neededBy = new Map();
const minors = [];
for (const python of pythons) {
  const ask = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const minor = execFileSync(python, ['-c', ask], { encoding: 'utf8' }).trim();
  minors.push(minor);
  const resolve = ['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--only-binary', ':all:'];
  const output = ['--quiet', '--report', '-'];
  const report = execFileSync(python, [...resolve, ...output, wanted], { encoding: 'utf8' });
  for (const { metadata } of JSON.parse(report).install) {
    const pin = `${metadata.name}==${metadata.version}`;
    neededBy.set(pin, [...(neededBy.get(pin) ?? []), minor]);
  }
}

const lines = await Promise.all(
  [...neededBy]
    .sort(([one], [other]) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1))
    .map(async ([pin, needing]) => {
      const condition = needing.map((minor) => `python_version == "${minor}"`).join(' or ');
      const marker = needing.length === minors.length ? '' : ` ; ${condition}`;
      const hashes = (await hashesOf(pin)).map((hash) => ` \\\n    --hash=sha256:${hash}`);
      return pin + marker + hashes.join('');
    }),
);
writeFileSync(
  new URL(`../dev/engines/wheels/${file}`, import.meta.url),
  `# Made by: node scripts/pin-wheels.js ${file} ${wanted} ${minors.map((minor) => `python${minor}`).join(' ')}\n` +
    `${lines.join('\n')}\n`,
);

async function hashesOf(pin) {
  const [name, version] = pin.split('==');
  const page = await fetch(`https://pypi.org/simple/${name.toLowerCase().replaceAll(/[-_.]+/g, '-')}/`, {
    headers: { Accept: 'application/vnd.pypi.simple.v1+json' },
  });
  if (!page.ok) throw new Error(`PyPI answers ${page.status} for ${name}`);
  const { files } = await page.json();
  // A wheel's name: name-version-python-abi-platform.whl
  const wheels = files.filter(
    ({ filename }) => filename.endsWith('.whl') && filename.split('-')[1] === version,
  );
  if (wheels.length === 0) throw new Error(`PyPI has no wheel of ${pin}`);
  return wheels.map(({ hashes }) => hashes.sha256);
}
