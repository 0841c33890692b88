import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { Splitter, type MimeNode, type SplitterChunk } from '@zone-eu/mailsplit';
import { caps } from './caps.ts';

/**
 * A leaf of the MIME tree: a text of the mail, or a file; files are numbered from 0 in the order they stand.
 */
export interface MimeLeaf {
  kind: 'text' | 'html' | 'file';
  /** Number of the file; -1 for texts. */
  n: number;
  node: MimeNode;
}
/** Takes a leaf's decoded bytes; answers false when it wants no more of them. */
export type Sink = (bytes: Buffer) => boolean | Promise<boolean>;
export interface Walk {
  /** Asked for each leaf; null = not wanted. */
  leaf(leaf: MimeLeaf): Sink | null;
  /** Bytes that stand outside every leaf. */
  loose?(bytes: Buffer): void;
  /** True when the rest need not be read. */
  done?(): boolean;
}

const CHUNK_BYTES = 64 * 1024;
/** Header bytes of one part; one over it ends the reading. */
const MAX_HEAD_BYTES = 4 * 1024 * 1024;

/**
 * Reads raw MIME in one pass, holding no part of it: an attached mail is a file and is not looked into.
 * @returns true when it stopped at a cap of parts or nodes: there is more.
 */
export async function walkMime(file: string, walk: Walk): Promise<boolean> {
  const source = Readable.from(chunksOf(file), { objectMode: false });
  const splitter = new Splitter({
    ignoreEmbedded: true,
    maxHeadSize: MAX_HEAD_BYTES,
    maxChildNodes: caps.mimeNodes,
  });
  source.on('error', (error) => splitter.destroy(error)).pipe(splitter);
  const reader = new LeafReader();
  let leaves = 0;
  let files = 0;
  try {
    for await (const chunk of splitter as AsyncIterable<SplitterChunk>) {
      if ('value' in chunk) {
        if (chunk.type === 'body') await reader.write(chunk.value);
        else walk.loose?.(chunk.value);
        continue;
      }
      const node = chunk;
      await reader.end();
      if (walk.done?.()) return false;
      if (node.multipart) continue;
      if (++leaves > caps.parts) return true;
      const kind = kindOf(node);
      reader.start(node, walk.leaf({ kind, n: kind === 'file' ? files++ : -1, node }));
    }
    await reader.end();
    return false;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EMAXLEN') throw error;
    await reader.end();
    return true;
  } finally {
    source.destroy();
    splitter.destroy();
    reader.destroy();
  }
}

/** Read synchronously: whoever reads hostile mail has a thread for it, and waits for nothing else. */
function* chunksOf(file: string): Generator<Buffer> {
  const handle = openSync(file, 'r');
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = readSync(handle, bytes);
      if (count === 0) return;
      yield bytes.subarray(0, count);
    }
  } finally {
    closeSync(handle);
  }
}

/** What the reader of a mail sees as its text; anything named or marked as attachment is a file. */
function kindOf({ contentType, disposition, filename }: MimeNode): MimeLeaf['kind'] {
  if (disposition === 'attachment' || filename) return 'file';
  if (contentType === 'text/plain') return 'text';
  return contentType === 'text/html' ? 'html' : 'file';
}

/** Takes the transfer encoding off one leaf after the other. */
class LeafReader {
  #decoder: Transform | null = null;
  #read: Promise<void> = Promise.resolve();

  start(node: MimeNode, sink: Sink | null): void {
    if (!sink) return;
    this.#decoder = node.getDecoder();
    this.#read = drain(this.#decoder, sink);
    // Looked at by `end`; not an unhandled rejection until then.
    this.#read.catch(() => undefined);
  }

  async write(bytes: Buffer): Promise<void> {
    const decoder = this.#decoder;
    if (!decoder || decoder.destroyed || decoder.write(bytes)) return;
    await Promise.race([once(decoder, 'drain'), this.#read]);
  }

  async end(): Promise<void> {
    if (this.#decoder && !this.#decoder.destroyed) this.#decoder.end();
    this.#decoder = null;
    await this.#read;
  }

  destroy(): void {
    this.#decoder?.destroy();
  }
}

async function drain(decoder: Transform, sink: Sink): Promise<void> {
  // Leaving the loop destroys the decoder.
  for await (const bytes of decoder as AsyncIterable<Buffer>) if (!(await sink(bytes))) return;
}
