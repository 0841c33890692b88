// Bundles the compiled workflows once, so that a worker in production starts without doing so. Part of `npm run build`.
import { writeFileSync } from 'node:fs';
import { buildWorkflowBundle } from '../dist/src/infra/temporal/worker.js';

const { code } = await buildWorkflowBundle();
writeFileSync(new URL('../dist/workflow-bundle.js', import.meta.url), code);
