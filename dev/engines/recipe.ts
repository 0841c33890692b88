import type { Tool } from './find.ts';

/** A server that Postroom needs, and every way to get it. */
export interface Recipe {
  /** As people call it. */
  name: string;
  /** Way 2: its command on the PATH; the first that runs. */
  commands: readonly Command[];
  /** Ways 2 to 5: its possible folders in the cache; the best first. */
  cached: readonly Cached[];
  /** Way 3; null when no library downloads it. */
  download: Download | null;
  /** Ways 4 (a wheel by pip) and 5 (from source), tried in order. */
  builds: readonly Build[];
  /** What a person can do when no way works: follows "Do one of these: ". */
  advice: string;
}

/** Where an engine keeps its data: one program cannot read another one's. */
interface KeepsData {
  /** Folder of its data, below the engines' data folder; undefined: it keeps none. */
  data?: string;
}

export interface Command extends Tool, KeepsData {}

export interface Cached extends KeepsData {
  /** Folder in the cache, with the version in its name. */
  folder: string;
  /** The file to run, in that folder. */
  run: string;
  /** Arguments with which it ends with exit code 0, when it runs at all. */
  ask: readonly string[];
  /** Printed when this runs: it says that it is a stand-in for the real one. */
  standIn?: string;
}

export interface Download {
  into: Cached;
  /** What `download.ts` is asked for. */
  what: 'temporal' | 'test-server' | 'mongod';
}

export interface Build {
  into: Cached;
  /** How it is made, for the lines: "with Go". */
  how: string;
  /** How long it takes, for the lines: "minutes". */
  takes: string;
  /** All must be installed and run. */
  tools: readonly Tool[];
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
