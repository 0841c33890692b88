// node scripts/bundle.js [folder]: bundles the workflows that were compiled into a folder (dist), so that its
// worker starts without doing so.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2] ?? 'dist');
const { buildWorkflowBundle } = await import(
  pathToFileURL(path.join(folder, 'src/infra/temporal/worker.js')).href
);
const { code } = await buildWorkflowBundle();
writeFileSync(path.join(folder, 'workflow-bundle.js'), code);
