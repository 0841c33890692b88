/**
 * Finds the compiled Postroom of the present sources, or compiles it.
 * @param say called with a line when it must compile
 * @returns its folder, which has src/web.js, src/worker.js, workflow-bundle.js and so on
 */
export function built(say?: (line: string) => void): Promise<string>;
/**
 * Finds the built dashboard of the present sources, or builds it.
 * @returns its folder, which has index.html
 */
export function builtPage(say?: (line: string) => void): Promise<string>;
