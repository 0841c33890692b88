import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

const IS_TYPESCRIPT = import.meta.url.endsWith('.ts');

/**
 * The bundle that `npm run build` wrote next to the compiled code, or a new one from source (takes some
 * seconds).
 */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const prebuilt = fileURLToPath(new URL('../../../workflow-bundle.js', import.meta.url));
  if (!IS_TYPESCRIPT && existsSync(prebuilt)) return { codePath: prebuilt };
  return buildWorkflowBundle();
}

/**
 * Bundles workflows/ for the deterministic sandbox.
 * @public scripts/bundle.js loads it, from wherever it was compiled to
 */
export async function buildWorkflowBundle(): Promise<{ code: string }> {
  const entry = new URL(`../../../workflows/index.${IS_TYPESCRIPT ? 'ts' : 'js'}`, import.meta.url);
  const quiet = () => undefined;
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(entry),
    logger: { trace: quiet, debug: quiet, info: quiet, log: quiet, warn: console.warn, error: console.error },
  });
}
