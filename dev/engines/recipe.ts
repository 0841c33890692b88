/** A server that Postroom needs, and every way to get it. */
export interface Recipe {
  /** As people call it. */
  name: string;
  /** Way 2: names of its command on the PATH. */
  commands: readonly string[];
  /** Ways 2, 3 and 4: what a folder in the cache must hold to be it; the best first. */
  cached: readonly Cached[];
  /** Way 3; null where its makers offer no download through a library. */
  download: Download | null;
  /** Way 4, tried in order. */
  builds: readonly Build[];
  /** What a person can do when no way works: follows "Do one of these: ". */
  advice: string;
}

export interface Cached {
  /** Folder in the cache, with the version in its name. */
  folder: string;
  /** The file to run, in that folder. */
  run: string;
  /** Said when this is what will run: it stands in for the real one. */
  standIn?: string;
}

export interface Download extends Cached {
  /** What `download.ts` is asked for. */
  what: 'temporal' | 'test-server' | 'mongod';
}

export interface Build extends Cached {
  /** How it is made, for the lines: "with Go". */
  how: string;
  /** Each entry is one tool by any of its names; all must be on the PATH. */
  tools: readonly (readonly string[])[];
  /** Commands that fill `folder` (absolute, new and empty). `tools` are the paths found, in order. */
  steps(folder: string, tools: readonly string[]): readonly Step[];
  /** Written into the folder before the first step, executable: name -> text. */
  files?: Readonly<Record<string, string>>;
}

export interface Step {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
}
