/**
 * Finds or makes the compiled Postroom of the sources as they are now.
 * @param say is given a line where it must be made
 * @returns its folder, which has src/web.js, src/worker.js, workflow-bundle.js and so on
 */
export function built(say?: (line: string) => void): Promise<string>;
