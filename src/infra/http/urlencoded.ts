import { type FormSink, UnreadableBody } from './form.ts';

const [AND, EQUALS, PERCENT, PLUS, SPACE] = [0x26, 0x3d, 0x25, 0x2b, 0x20];
const MAX_NAME_BYTES = 64 * 1024;

/**
 * Reads `application/x-www-form-urlencoded` (WHATWG URL 5.1) byte for byte, in constant memory. Libraries
 * hold whole values in memory, and replace bytes that are not UTF-8 by U+FFFD. Text that is no escape stays
 * as written (`100%`, `%zz`).
 * @throws UnreadableBody when a name is over 64 KB
 */
export async function readUrlencoded(body: AsyncIterable<Buffer>, sink: FormSink): Promise<void> {
  const reader = new UrlencodedReader(sink);
  for await (const chunk of body) await reader.read(chunk, false);
  await reader.read(Buffer.alloc(0), true);
}

class UrlencodedReader {
  readonly #sink: FormSink;
  #name: Buffer[] = [];
  #nameBytes = 0;
  #isInName = true;
  /** Start of an escape that the next chunk may complete. */
  #unfinished: Buffer = Buffer.alloc(0);

  constructor(sink: FormSink) {
    this.#sink = sink;
  }

  async read(chunk: Buffer, isLast: boolean): Promise<void> {
    const input = this.#unfinished.length === 0 ? chunk : Buffer.concat([this.#unfinished, chunk]);
    const decoder = new Decoder(input, isLast);
    for (let isMore = true; isMore;) {
      const delimiter = decoder.readPiece(this.#isInName);
      const writing = this.#write(decoder.piece());
      if (writing) await writing;
      const ending =
        delimiter === AND ? this.#endField() : delimiter === EQUALS ? this.#endName() : undefined;
      if (ending) await ending;
      isMore = delimiter !== null;
    }
    this.#unfinished = decoder.rest();
    if (isLast) await this.#endField();
  }

  #write(bytes: Buffer): Promise<void> | void {
    if (bytes.length === 0) return;
    if (!this.#isInName) return this.#sink.data(bytes);
    this.#nameBytes += bytes.length;
    if (this.#nameBytes > MAX_NAME_BYTES) throw new UnreadableBody('a field name is over 64 KB');
    this.#name.push(bytes);
  }

  #endName(): void {
    const name = this.#name.length === 1 ? this.#name[0]! : Buffer.concat(this.#name);
    this.#sink.begin({ name, filename: null, contentType: '' });
    this.#name = [];
    this.#nameBytes = 0;
    this.#isInName = false;
  }

  #endField(): Promise<void> | void {
    // `a=1&&b=2` has two fields; `a&b` two with empty values.
    if (this.#isInName && this.#name.length === 0) return;
    if (this.#isInName) this.#endName();
    this.#isInName = true;
    return this.#sink.end();
  }
}

/** Percent-decoding of one chunk, up to the next delimiter each time. */
class Decoder {
  readonly #input: Buffer;
  readonly #isLast: boolean;
  readonly #decoded: Buffer;
  #at = 0;
  #from = 0;
  #to = 0;

  constructor(input: Buffer, isLast: boolean) {
    this.#input = input;
    this.#isLast = isLast;
    this.#decoded = Buffer.allocUnsafe(input.length);
  }

  /**
   * @returns the delimiter that ends the piece, or null at the end of the chunk. An `=` in a value is part of
   * it.
   */
  readPiece(isInName: boolean): number | null {
    const [input, decoded] = [this.#input, this.#decoded];
    let [at, to] = [this.#at, this.#to];
    let delimiter: number | null = null;
    for (; at < input.length; at++) {
      const byte = input[at]!;
      if (byte === AND || (byte === EQUALS && isInName)) {
        delimiter = byte;
        at++;
        break;
      }
      if (byte !== PERCENT) {
        decoded[to++] = byte === PLUS ? SPACE : byte;
        continue;
      }
      if (at + 2 >= input.length && !this.#isLast) break;
      const value = HEX[input[at + 1] ?? 0]! * 16 + HEX[input[at + 2] ?? 0]!;
      decoded[to++] = value >= 0 ? value : PERCENT;
      if (value >= 0) at += 2;
    }
    this.#at = at;
    this.#to = to;
    return delimiter;
  }

  /** The bytes decoded since the last call. */
  piece(): Buffer {
    const bytes = this.#decoded.subarray(this.#from, this.#to);
    this.#from = this.#to;
    return bytes;
  }

  /** The start of an escape that the next chunk may complete: nothing, `%`, or `%` and a digit. */
  rest(): Buffer {
    return this.#input.subarray(this.#at);
  }
}

/**
 * Value of each hexadecimal digit; for other bytes so far below zero that a sum with a digit stays negative.
 */
const HEX = new Int16Array(256).fill(-1000);
for (let digit = 0; digit < 16; digit++) {
  const written = digit.toString(16);
  HEX[written.charCodeAt(0)] = digit;
  HEX[written.toUpperCase().charCodeAt(0)] = digit;
}
