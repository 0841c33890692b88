import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { Splitter, type MimeNode, type SplitterChunk } from '@zone-eu/mailsplit';
import { caps } from './caps.ts';

/** A leaf of the MIME tree: a text of the mail, or a file. Files are numbered from 0 in their order. */
export interface MimeLeaf {
  kind: 'text' | 'html' | 'file';
  /** Number of the file; -1 for texts. */
  n: number;
  node: MimeNode;
}
/** Receives a leaf's decoded bytes; returns false when it needs no more of them. */
export type Sink = (bytes: Buffer) => boolean | Promise<boolean>;
export interface MimeVisitor {
  /** Called for each leaf; returns null to skip its bytes. */
  leaf(leaf: MimeLeaf): Sink | null;
  /** Called with bytes outside every leaf. */
  outsideParts?(bytes: Buffer): void;
  /** Returns true when the rest of the mail need not be read. */
  done?(): boolean;
}

const CHUNK_BYTES = 64 * 1024;
/** Header bytes of one part; a part with more ends the walk. */
const MAX_HEAD_BYTES = 4 * 1024 * 1024;

/**
 * Reads raw MIME in one pass, without keeping any part in memory. An attached mail counts as a file and is
 * not parsed.
 * @returns true when the walk stopped at the cap of parts or nodes, so that there are more.
 */
export async function walkMime(file: string, visitor: MimeVisitor): Promise<boolean> {
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
        else visitor.outsideParts?.(chunk.value);
        continue;
      }
      const node = chunk;
      await reader.end();
      if (visitor.done?.()) return false;
      if (node.multipart) continue;
      if (++leaves > caps.parts) return true;
      const kind = kindOf(node);
      reader.start(node, visitor.leaf({ kind, n: kind === 'file' ? files++ : -1, node }));
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

/** Reads synchronously: hostile mail is parsed in a thread of its own, which has nothing else to do. */
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

/**
 * A part with a file name, or marked as an attachment, is a file; other plain and HTML parts are the mail's
 * text.
 */
function kindOf({ contentType, disposition, filename }: MimeNode): MimeLeaf['kind'] {
  if (disposition === 'attachment' || filename) return 'file';
  if (contentType === 'text/plain') return 'text';
  return contentType === 'text/html' ? 'html' : 'file';
}

/** Decodes the transfer encoding of one leaf after the other. */
class LeafReader {
  #decoder: Transform | null = null;
  #read: Promise<void> = Promise.resolve();

  start(node: MimeNode, sink: Sink | null): void {
    if (!sink) return;
    this.#decoder = node.getDecoder();
    this.#read = drain(this.#decoder, sink);
    // `end` awaits it; until then an error must not be an unhandled rejection.
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
  // Returning from the loop destroys the decoder.
  for await (const bytes of decoder as AsyncIterable<Buffer>) if (!(await sink(bytes))) return;
}
