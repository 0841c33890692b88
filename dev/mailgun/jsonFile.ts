import { readFile, rename, writeFile } from 'node:fs/promises';

/** A short list in a file. Each save writes the whole list, one save after the other. */
export class JsonFile<T> {
  readonly #file: string;
  #saved: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  /** Empty when there is no file yet. */
  async read(): Promise<T[]> {
    const json = await readFile(this.#file, 'utf8').catch(() => '[]');
    return JSON.parse(json) as T[];
  }

  /** @param list called when it is this save's turn */
  save(list: () => Iterable<T>): Promise<void> {
    const write = async () => {
      await writeFile(`${this.#file}.new`, JSON.stringify([...list()]));
      await rename(`${this.#file}.new`, this.#file);
    };
    // A write that failed rejects for its own caller only; the next write is made anyway.
    this.#saved = this.#saved.catch(() => {}).then(write);
    return this.#saved;
  }
}
