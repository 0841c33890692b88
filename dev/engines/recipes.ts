import path from 'node:path';
import type { Cached, Recipe } from './recipe.ts';

const temporalBuilt: Cached = { folder: 'temporal-1.5.1', run: 'bin/temporal' };
const temporalDownloaded: Cached = { folder: 'temporal-sdk-1.24.0', run: 'bin/temporal' };

/** Temporal's CLI, which holds a whole server. 1.5.1 is the newest that `go install` takes (later ones have a replace directive). */
export const temporalRecipe: Recipe = {
  name: 'Temporal',
  commands: ['temporal'],
  cached: [temporalDownloaded, temporalBuilt],
  download: { ...temporalDownloaded, what: 'temporal' },
  builds: [goInstall(temporalBuilt, 'github.com/temporalio/cli/cmd/temporal@v1.5.1')],
  advice:
    'set TEMPORAL_ADDRESS to a server that runs, put the `temporal` command on the PATH, or install Go (https://go.dev/dl) so that it can be built',
};

const STAND_IN =
  'MongoDB: SecantusDB runs in its place, a stand-in for development and tests. It is not for production mail.';
/** What mongodb-memory-server 11.3 downloads by itself. */
export const MONGOD_VERSION = '8.2.6';
const mongodDownloaded: Cached = { folder: `mongod-${MONGOD_VERSION}`, run: 'bin/mongod' };
/** SecantusDB, MongoDB's protocol over MongoDB's storage engine; its fast one, in Rust. */
export const secantusRust: Cached = {
  folder: 'secantus-mdb-0.5.3-beta.196',
  run: 'bin/secantusd-rs',
  standIn: STAND_IN,
};
/** The same in Python, 10-20 times slower. */
export const secantusPython: Cached = {
  folder: 'secantusdb-py-0.7.0b3',
  run: 'secantusd-py',
  standIn: STAND_IN,
};

export const mongodbRecipe: Recipe = {
  name: 'MongoDB',
  commands: ['mongod'],
  cached: [mongodDownloaded, secantusRust, secantusPython],
  download: { ...mongodDownloaded, what: 'mongod' },
  builds: [
    {
      ...secantusRust,
      how: 'with cargo (a stand-in)',
      tools: [['cargo'], ['cmake'], ['cc']],
      steps: (folder, [cargo = 'cargo']) => [
        {
          command: cargo,
          // It asks for rustc 1.98 and builds on 1.95.
          args: `install secantus-mdb --version 0.5.3-beta.196 --locked --ignore-rust-version --root ${folder}`.split(
            ' ',
          ),
          // Kept until it is done: a build that broke off goes on from there.
          env: { CARGO_TARGET_DIR: path.join(path.dirname(folder), '.secantus-target') },
        },
      ],
    },
    {
      ...secantusPython,
      how: 'with Python (a stand-in, slow)',
      tools: [['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3']],
      steps: (folder, [python = 'python3']) => [
        { command: python, args: ['-m', 'venv', folder] },
        { command: path.join(folder, 'bin/pip'), args: ['install', '--no-input', 'SecantusDB==0.7.0b3'] },
      ],
      // A venv's own scripts name the folder that it was made in, which is renamed.
      files: {
        'secantusd-py': '#!/bin/sh\nbin=$(dirname "$0")/bin\nexec "$bin/python" "$bin/secantusd-py" "$@"\n',
      },
    },
  ],
  advice:
    'set MONGODB_URI to a replica set, set MONGOD_BINARY or put `mongod` on the PATH, or install Rust (https://rustup.rs) with cmake and a C compiler, or Python 3.10-3.13, so that a stand-in can be built',
};

const s3Built: Cached = { folder: 'versitygw-1.8.0', run: 'bin/versitygw' };
export const s3Recipe: Recipe = {
  name: 'S3',
  commands: ['versitygw'],
  cached: [s3Built],
  download: null,
  builds: [goInstall(s3Built, 'github.com/versity/versitygw/cmd/versitygw@v1.8.0')],
  advice:
    'set S3_ENDPOINT to a server that runs, put `versitygw` on the PATH, or install Go (https://go.dev/dl) so that it can be built',
};

const testServerDownloaded: Cached = {
  folder: 'temporal-test-server-sdk-1.24.0',
  run: 'bin/temporal-test-server',
};
const testServerBuilt: Cached = { folder: 'temporal-test-server-1.38.0', run: 'temporal-test-server' };
/** Less of a compiler than a server would want: it is up sooner, and tests run it for seconds. */
const TEST_SERVER_SCRIPT = `#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;
export const timeSkippingRecipe: Recipe = {
  name: 'Time-skipping test server',
  commands: [],
  cached: [testServerDownloaded, testServerBuilt],
  download: { ...testServerDownloaded, what: 'test-server' },
  builds: [
    {
      ...testServerBuilt,
      how: 'with Maven',
      tools: [['mvn'], ['java']],
      steps: (folder, [maven = 'mvn']) => [
        {
          command: maven,
          args: [
            '-B',
            '-ntp',
            '-f',
            path.join(folder, 'pom.xml'),
            'dependency:copy-dependencies',
            `-DoutputDirectory=${folder}/lib`,
          ],
        },
      ],
      files: {
        'pom.xml': `<project><modelVersion>4.0.0</modelVersion><groupId>postroom</groupId><artifactId>engines</artifactId><version>1</version>
<dependencies><dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>1.38.0</version></dependency></dependencies></project>`,
        'temporal-test-server': TEST_SERVER_SCRIPT,
      },
    },
  ],
  advice:
    'install Java 17 or later and Maven (https://maven.apache.org) so that it can be fetched from Maven Central',
};

function goInstall(into: Cached, what: string): Recipe['builds'][number] {
  return {
    ...into,
    how: 'with Go',
    tools: [['go']],
    steps: (folder, [go = 'go']) => [
      {
        command: go,
        args: ['install', '-v', what],
        env: { GOBIN: path.join(folder, path.dirname(into.run)), GOFLAGS: '-modcacherw' },
      },
    ],
  };
}
