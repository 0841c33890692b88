// node scripts/bundle.js [folder]: bundles the workflows that were compiled into the folder (default: dist),
// so that its worker does not bundle them at every start.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2] ?? 'dist');
const { buildWorkflowBundle } = await import(
  pathToFileURL(path.join(folder, 'src/infra/temporal/workflowBundle.js')).href
);
const { code } = await buildWorkflowBundle();
writeFileSync(path.join(folder, 'workflow-bundle.js'), code);
