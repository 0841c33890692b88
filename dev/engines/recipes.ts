import { cargoInstall, goInstall, mavenCopy, wheel } from './builds.ts';
import type { Cached, Command, Recipe } from './recipe.ts';
import { pythonOfSecantus } from './tools.ts';

const temporalCommand: Command = {
  name: 'temporal',
  commands: ['temporal'],
  ask: ['--version'],
  atLeast: '1.1',
};
const temporalRuns = { run: 'bin/temporal', ask: ['--version'] };
const temporalDownloaded: Cached = { folder: 'temporal-sdk-1.24.0', ...temporalRuns };
const temporalWheel: Cached = { folder: 'temporal-wheel-1.9.1', ...temporalRuns };
const temporalBuilt: Cached = { folder: 'temporal-1.5.1', ...temporalRuns };

/** Temporal's CLI, which holds a whole server. */
export const temporalRecipe: Recipe = {
  name: 'Temporal',
  commands: [temporalCommand],
  cached: [temporalDownloaded, temporalWheel, temporalBuilt],
  download: { into: temporalDownloaded, what: 'temporal' },
  builds: [
    wheel(temporalWheel, 'temporal.txt'),
    // 1.5.1 is the newest that `go install` takes: later ones have a replace directive.
    goInstall(temporalBuilt, 'github.com/temporalio/cli/cmd/temporal@v1.5.1'),
  ],
  advice:
    'set TEMPORAL_ADDRESS to a server that runs, put the `temporal` command on the PATH, or install ' +
    'Python 3 with pip (https://www.python.org), or Go (https://go.dev/dl) so that it can be built',
};

const STAND_IN =
  'MongoDB: SecantusDB runs in its place, a stand-in for development and tests. ' +
  'It is not for production mail.';
/** What mongodb-memory-server 11.3 downloads by itself. */
export const MONGOD_VERSION = '8.2.6';
const mongodDownloaded: Cached = {
  folder: `mongod-${MONGOD_VERSION}`,
  run: 'bin/mongod',
  ask: ['--version'],
  data: 'mongod',
};
/** SecantusDB, MongoDB's protocol over MongoDB's storage engine; its fast one, in Rust. */
export const secantusRust: Cached = {
  folder: 'secantus-mdb-0.5.3-beta.196',
  run: 'bin/secantusd-rs',
  ask: ['--help'],
  standIn: STAND_IN,
  data: 'secantus',
};
/** SecantusDB in Python, 10-20 times slower. */
export const secantusPython: Cached = {
  folder: 'secantusdb-py-0.7.0b3',
  run: 'secantusd-py',
  ask: ['--help'],
  standIn: `${STAND_IN} (\`npm run engines -- --fast\` builds a faster one.)`,
  data: 'secantus-py',
};
const secantusBuild = cargoInstall(secantusRust, 'secantus-mdb', '0.5.3-beta.196');
const secantusWheel = wheel(secantusPython, 'secantusdb.txt', pythonOfSecantus, {
  // A venv's own scripts name the folder that it was made in, which is renamed.
  'secantusd-py': '#!/bin/sh\nexec "${0%/*}/bin/python" "${0%/*}/bin/secantusd-py" "$@"\n',
});

export const mongodbRecipe: Recipe = {
  name: 'MongoDB',
  commands: [{ name: 'mongod', commands: ['mongod'], ask: ['--version'], atLeast: '6.0', data: 'mongod' }],
  cached: [mongodDownloaded, secantusRust, secantusPython],
  download: { into: mongodDownloaded, what: 'mongod' },
  builds: [secantusWheel, secantusBuild],
  advice:
    'set MONGODB_URI to a replica set, set MONGOD_BINARY or put `mongod` on the PATH, or install Python ' +
    '3.10-3.13 with pip, or Rust (https://rustup.rs) with cmake and a C compiler, so that a stand-in ' +
    'can be installed',
};
/** For users who need a fast one and can wait for its build: the wheel only if nothing else works. */
export const fastMongodbRecipe: Recipe = {
  ...mongodbRecipe,
  cached: [mongodDownloaded, secantusRust],
  builds: [secantusBuild, secantusWheel],
};

/** Only the stand-in that is ten times slower: for measurements of what a slow database does. */
export const slowMongodbRecipe: Recipe = {
  ...mongodbRecipe,
  commands: [],
  cached: [secantusPython],
  download: null,
  builds: [secantusWheel],
};

/** It keeps its objects in volumes of its own, and lists `a/b` before `a-b`, not in byte order. */
const seaweedfs: Cached = {
  folder: 'seaweedfs-wheel-4.48',
  run: 'bin/weed',
  ask: ['version'],
  data: 's3/seaweedfs',
};
/** Objects are files of its data folder. */
const versitygw: Cached = {
  folder: 'versitygw-1.8.0',
  run: 'bin/versitygw',
  ask: ['--version'],
  data: 's3/objects',
};
export const s3Recipe: Recipe = {
  name: 'S3',
  commands: [
    { name: 'weed', commands: ['weed'], ask: ['version'], data: 's3/seaweedfs' },
    { name: 'versitygw', commands: ['versitygw'], ask: ['--version'], data: 's3/objects' },
  ],
  cached: [seaweedfs, versitygw],
  download: null,
  builds: [
    wheel(seaweedfs, 'seaweedfs.txt'),
    goInstall(versitygw, 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'),
  ],
  advice:
    'set S3_ENDPOINT to a server that runs, put `weed` or `versitygw` on the PATH, or install Python 3 ' +
    'with pip (https://www.python.org), or Go (https://go.dev/dl) so that it can be built',
};

// Without arguments it prints its usage; it would take any argument for a port.
const testServerRuns = { run: 'bin/temporal-test-server', ask: [] };
const testServerDownloaded: Cached = { folder: 'temporal-test-server-sdk-1.24.0', ...testServerRuns };
const testServerWheel: Cached = { folder: 'temporal-test-server-wheel-1.40.0', ...testServerRuns };
const testServerBuilt: Cached = {
  folder: 'temporal-test-server-1.38.0',
  run: 'temporal-test-server',
  ask: [],
};
export const timeSkippingRecipe: Recipe = {
  name: 'Time-skipping test server',
  commands: [],
  cached: [testServerDownloaded, testServerWheel, testServerBuilt],
  download: { into: testServerDownloaded, what: 'test-server' },
  builds: [
    wheel(testServerWheel, 'temporal-test-server.txt'),
    mavenCopy(testServerBuilt, {
      'pom.xml': `<project><modelVersion>4.0.0</modelVersion><groupId>postroom</groupId><artifactId>engines</artifactId><version>1</version>
<dependencies><dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>1.38.0</version></dependency></dependencies></project>`,
      // A simple compiler only: it starts sooner, and tests run it for seconds.
      'temporal-test-server': `#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -cp "\${0%/*}/lib/*" io.temporal.testserver.TestServer "$@"
`,
    }),
  ],
  advice:
    'install Python 3 with pip (https://www.python.org), or Java 17 or later and Maven ' +
    '(https://maven.apache.org) so that it can be fetched from Maven Central',
};
