import type { InboundProvider } from '../infra/providers/inbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { hashOf, newId } from '../lib/ids.ts';
import { hashToken } from '../lib/tokens.ts';
import { ContentHash } from './contentHash.ts';
import { deliveriesOf, type Envelope } from '../infra/archive/recipients.ts';
import { type FormPart, type FormSink, UnreadableBody } from '../infra/http/form.ts';
import { markKey, objectKey, payloadKey } from '../infra/archive/keys.ts';
import { placeObjects } from '../infra/archive/placeObjects.ts';
import { SpooledBytes } from '../infra/http/spooledBytes.ts';
import type { StoredPost } from '../infra/archive/storedPost.ts';
import { type Text, textOf } from '../infra/http/textOf.ts';

/** Longer values become objects next to the payload. */
const INLINE_BYTES = 64 * 1024;
/**
 * Bytes of one post's objects that are held in memory until it is proved; further objects go to the spool at
 * once.
 */
const OBJECTS_IN_MEMORY_BYTES = 256 * 1024;
const PAYLOAD_IN_MEMORY_BYTES = 256 * 1024;
/** Characters that are gathered before they are turned into bytes. */
const TEXT_CHARACTERS = 16 * 1024;
const MAX_FILES = 1_000;
/**
 * A mail of 10,000 headers is posted as that many fields; no real mail has more, and each costs microseconds.
 */
const MAX_PARTS = 100_000;

type Kind = 'field' | 'file' | 'mime';

/** As posted. */
interface PostedEnvelope {
  recipients: string[];
  sender: string | null;
}

/**
 * One post while it streams in. Large parts wait in the spool. Before `commit` nothing is in the archive, and
 * after `discard` nothing is left of a post that was not committed.
 */
export class IncomingPost implements FormSink {
  readonly id: string;
  readonly #provider: InboundProvider;
  readonly #spoolDir: string;
  readonly #contentHash = new ContentHash();
  /** Fields that the provider reads; null = posted more than once, too long, or not UTF-8. */
  readonly #readable = new Map<string, string | null>();
  /** The payload's JSON as far as it is written; `#text` follows. */
  readonly #payload: SpooledBytes;
  #text: string;
  readonly #objects: { key: string; bytes: SpooledBytes }[] = [];
  readonly #files: StoredPost['files'] = [];
  #mime: StoredPost['mime'] = null;
  #parts = 0;
  #fields = 0;
  #longFields = 0;
  #inMemoryBytes = 0;
  #part: { head: FormPart; kind: Kind; bytes: SpooledBytes } | null = null;

  constructor(provider: InboundProvider, spoolDir: string, contentType: string) {
    const now = new Date();
    this.id = newId(now.getTime());
    this.#provider = provider;
    this.#spoolDir = spoolDir;
    this.#payload = new SpooledBytes(spoolDir, PAYLOAD_IN_MEMORY_BYTES);
    const head = { id: this.id, provider: provider.name, received_at: now, content_type: contentType };
    this.#text = `${JSON.stringify(head).slice(0, -1)},"fields":[`;
  }

  /** Value of a field that occurs exactly once, is UTF-8, and is one of the provider's `readsFields`. */
  field(name: string): string | null {
    return this.#readable.get(name) ?? null;
  }

  begin(part: FormPart): void {
    const isMime = this.#mime === null && part.name.toString() === this.#provider.mimeField;
    this.#begin(isMime ? 'mime' : part.filename === null ? 'field' : 'file', part);
  }

  /** The whole body is one raw mail. */
  beginMime(): void {
    this.#begin('mime', { name: Buffer.alloc(0), filename: null, contentType: '' });
  }

  data(bytes: Buffer): Promise<void> | void {
    return this.#part!.bytes.write(bytes);
  }

  end(): Promise<void> | void {
    const closing = this.#part!.bytes.close();
    return closing ? closing.then(() => this.#addPart()) : this.#addPart();
  }

  /** Completes the payload, after the whole body was read. Nothing is in the archive yet. */
  async finish(envelope: PostedEnvelope, token: string | null): Promise<Envelope> {
    const contentHash = this.#contentHash.digest();
    const deliveries = deliveriesOf(envelope.recipients, contentHash);
    const sender_hash = envelope.sender ? hashOf(envelope.sender.trim().toLowerCase()) : null;
    const tail = {
      files: this.#files,
      mime: this.#mime,
      deliveries,
      sender_hash,
      content_hash: contentHash,
      token_hash: token === null ? null : hashToken(token),
      refused: null,
    } satisfies Partial<StoredPost>;
    this.#text += `],${JSON.stringify(tail).slice(1)}`;
    await this.#flush();
    // A full disk fails here, before large objects are in the archive.
    if (this.#objects.some((object) => object.bytes.isSpooled)) await this.#payload.spool();
    await this.#payload.close();
    return { deliveries, sender_hash };
  }

  /** Makes the post durable, and marks it as not yet started. */
  async commit(storage: Storage): Promise<void> {
    const { name } = this.#provider;
    if (this.#objects.length > 0) await placeObjects(storage, this.#objects);
    await this.#payload.place(storage, payloadKey(name, this.id), markKey(name, this.id));
  }

  /** Leaves nothing in the spool. */
  async discard(): Promise<void> {
    const bytes = [this.#payload, ...this.#objects.map((object) => object.bytes)];
    if (this.#part) bytes.push(this.#part.bytes);
    await Promise.all(bytes.map((spooled) => spooled.discard()));
  }

  #begin(kind: Kind, head: FormPart): void {
    if (++this.#parts > MAX_PARTS) throw new UnreadableBody('the post has over 100,000 fields');
    const limit = kind === 'field' ? INLINE_BYTES : OBJECTS_IN_MEMORY_BYTES - this.#inMemoryBytes;
    this.#part = { head, kind, bytes: new SpooledBytes(this.#spoolDir, limit) };
  }

  /** Adds a part that was read to its end to the payload. */
  #addPart(): Promise<void> | void {
    const { kind, bytes, head } = this.#part!;
    if (kind === 'field') return this.#addFieldPart(textOf(head.name), bytes);
    const { text: field } = textOf(head.name);
    if (kind === 'mime') {
      this.#mime = { object: this.#addObject('eml', bytes), size: bytes.size };
      return this.#addToHash(field, JSON.stringify([field, { sha256: bytes.sha256() }]));
    }
    if (this.#files.length === MAX_FILES) throw new UnreadableBody('the post has over 1,000 files');
    const { text: filename, base64 } = textOf(head.filename!);
    this.#files.push({
      field,
      filename,
      ...(base64 === undefined ? {} : { filename_base64: base64 }),
      content_type: head.contentType,
      size: bytes.size,
      object: this.#addObject(`file-${this.#files.length + 1}`, bytes),
    });
    const parts = [field, { sha256: bytes.sha256() }, base64 ?? filename, head.contentType];
    this.#addToHash(field, JSON.stringify(parts));
  }

  #addFieldPart(name: Text, bytes: SpooledBytes): Promise<void> | void {
    const inline = bytes.inMemory();
    const value = inline && textOf(inline);
    if (this.#provider.readsFields.includes(name.text)) {
      const isFirst = !this.#readable.has(name.text);
      this.#readable.set(name.text, isFirst && value?.base64 === undefined ? (value?.text ?? null) : null);
    }
    const nameBytes = name.base64 === undefined ? [] : [name.base64];
    if (!value) {
      const object = this.#addObject(`field-${++this.#longFields}`, bytes);
      this.#addToHash(name.text, JSON.stringify([name.text, { sha256: bytes.sha256() }, ...nameBytes]));
      return this.#addFieldJson(JSON.stringify([name.text, { object, size: bytes.size }, ...nameBytes]));
    }
    const kept = value.base64 === undefined ? value.text : { base64: value.base64 };
    const json = JSON.stringify([name.text, kept, ...nameBytes]);
    this.#addToHash(name.text, json);
    return this.#addFieldJson(json);
  }

  #addToHash(name: string, json: string): void {
    if (!this.#provider.volatileFields.includes(name)) this.#contentHash.add(json);
  }

  #addFieldJson(json: string): Promise<void> | void {
    this.#text += this.#fields++ === 0 ? json : `,${json}`;
    if (this.#text.length >= TEXT_CHARACTERS) return this.#flush();
  }

  #flush(): Promise<void> | void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    return this.#payload.write(bytes);
  }

  #addObject(name: string, bytes: SpooledBytes): string {
    const key = objectKey(this.#provider.name, this.id, name);
    this.#inMemoryBytes += bytes.inMemory()?.length ?? 0;
    this.#objects.push({ key, bytes });
    return key;
  }
}
