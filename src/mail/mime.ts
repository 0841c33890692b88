import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { MimeNode } from '@zone-eu/mailsplit';
import libmime from 'libmime';
import type { InboundEmail, InboundFile } from './inboundEmail.ts';
import { caps } from './caps.ts';
import { decodeBytes, knownCharset } from './charset.ts';
import { contentId, fileName, mediaType } from './files.ts';
import { decodeHeader, readHeaderBlock, unfold, type Headers } from './headers.ts';
import { readHead } from './mailHead.ts';
import { walkMime } from './mimeWalk.ts';
import { REPORT_PART_BYTES, reportPart, type ReportPart, type ReportParts } from './reportParts.ts';
import { capText } from './text.ts';

/**
 * A mail parsed from raw MIME. The provider's parser adds envelope and verdicts, and with them the delivery
 * report.
 */
export type MimeMail = Omit<InboundEmail, 'envelopeFrom' | 'verdicts' | 'report'> & {
  /** Null if bodies were not read. */
  reportParts: ReportParts | null;
};

/** How many bytes are read to find the mail's header fields. */
const HEAD_BYTES = 1024 * 1024;
/** Bytes of text kept before its charset is known: UTF-16 needs twice as many as the decoded text. */
const KEPT_BYTES = 2 * caps.textBytes;

/**
 * Parses raw MIME (RFC 5322, RFC 2045). Reads the file synchronously, so it must run in a worker thread. The
 * bytes of attached files are counted, but not kept in memory. @throws only when the file cannot be read.
 */
export async function readMime(file: string): Promise<MimeMail> {
  const texts: KeptText[] = [];
  const htmls: KeptText[] = [];
  const outsideParts = new KeptText(null);
  const files: { node: MimeNode; n: number; size: number }[] = [];
  const reports = new Map<ReportPart, KeptText>();
  const moreParts = await walkMime(file, {
    leaf({ kind, n, node }) {
      if (kind === 'file') {
        const counted = { node, n, size: 0 };
        files.push(counted);
        const part = reportPart(node.contentType);
        const report = part && !reports.has(part) ? new KeptText(node, REPORT_PART_BYTES) : null;
        if (part && report) reports.set(part, report);
        return (bytes) => {
          counted.size += bytes.length;
          report?.add(bytes);
          return true;
        };
      }
      const kept = new KeptText(node);
      (kind === 'text' ? texts : htmls).push(kept);
      return kept.add;
    },
    outsideParts: (bytes) => void outsideParts.add(bytes),
  });
  // A multipart mail whose boundary is missing or wrong: show its source rather than nothing.
  if (texts.length + htmls.length + files.length === 0) texts.push(outsideParts);

  const charset = [...texts, ...htmls].map((kept) => knownCharset(kept.node?.charset)).find(Boolean) ?? null;
  const block = readHeaderBlock(firstBytes(file, HEAD_BYTES), charset);
  const [text, html] = [texts, htmls].map((kept) => joined(kept, charset));
  const bytesOf = (part: ReportPart) => reports.get(part)?.bytes ?? null;
  return {
    ...readHead(block.encoded),
    text: text!.value,
    html: html!.value,
    files: files.map(({ node, n, size }) => toFile(node, n, size, charset)),
    cut: [block.cut && 'headers', text!.cut && 'text', html!.cut && 'html', moreParts && 'parts'].filter(
      (name) => name !== false,
    ),
    reportParts: { status: bytesOf('status'), original: bytesOf('original') },
  };
}

/** Parses only the header fields; the bodies are not read. @throws only when the file cannot be read. */
export function readMimeHead(file: string): MimeMail {
  const block = readHeaderBlock(firstBytes(file, HEAD_BYTES));
  return { ...headOnly(block.encoded), cut: block.cut ? ['headers'] : [] };
}

/** A mail of which only header fields are known. */
export function headOnly(encoded: Headers): Omit<MimeMail, 'cut'> {
  return { ...readHead(encoded), text: null, html: null, files: [], reportParts: null };
}

class KeptText {
  readonly node: MimeNode | null;
  cut = false;
  readonly #chunks: Buffer[] = [];
  readonly #maxBytes: number;
  #size = 0;
  constructor(node: MimeNode | null, maxBytes = KEPT_BYTES) {
    this.node = node;
    this.#maxBytes = maxBytes;
  }

  readonly add = (bytes: Buffer): boolean => {
    const room = this.#maxBytes - this.#size;
    this.cut = bytes.length > room;
    if (room > 0) this.#chunks.push(bytes.subarray(0, room));
    this.#size += bytes.length;
    return !this.cut;
  };

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  decode(hint: string | null): string {
    const text = decodeBytes(this.bytes, this.node?.charset || null, hint);
    return this.node?.flowed ? libmime.decodeFlowed(text, this.node.delSp) : text;
  }
}

function joined(parts: KeptText[], hint: string | null): { value: string | null; cut: boolean } {
  const { text, cut } = capText(parts.map((part) => part.decode(hint)).join('\n'));
  return { value: text.replaceAll('\r\n', '\n') || null, cut: cut || parts.some((part) => part.cut) };
}

function toFile(node: MimeNode, n: number, size: number, charset: string | null): InboundFile {
  const contentType = mediaType(node.contentType);
  const headers = node.headers || null;
  return {
    filename: fileName(nameOf(node, charset), contentType),
    contentType,
    size,
    contentId: contentId(headers?.getFirst('Content-Id')),
    source: { part: n },
  };
}

/** A file name in unencoded 8-bit bytes that are not UTF-8 is decoded again, with the mail's charset. */
function nameOf({ filename, headers }: MimeNode, charset: string | null): string | false {
  const lines = headers ? headers.getList().filter(({ key }) => key.startsWith('content-')) : [];
  for (const { line } of lines) {
    if (!/[\x80-\xff]/.test(line)) continue;
    const text = unfold(decodeBytes(Buffer.from(line, 'latin1'), null, charset));
    const { params } = libmime.parseHeaderValue(text.slice(text.indexOf(':') + 1));
    const name = params.filename ?? params.name;
    if (name) return decodeHeader(name);
  }
  return filename;
}

/** The first bytes of a local file, at most `count`. */
export function firstBytes(file: string, count: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(count, fstatSync(handle).size));
    return bytes.subarray(0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/**
 * Extracts attached files of raw MIME to `<dir>/<n>`, streamed. A file larger than `maxBytes` is written up
 * to one byte more than that, so that its size shows that it is too large.
 */
export async function extractParts(
  file: string,
  parts: number[],
  dir: string,
  maxBytes: number,
): Promise<{ part: number; size: number }[]> {
  const wanted = new Set(parts);
  const written: { part: number; size: number }[] = [];
  const open: number[] = [];
  try {
    await walkMime(file, {
      leaf({ n }) {
        if (!wanted.delete(n)) return null;
        const result = { part: n, size: 0 };
        written.push(result);
        const target = openSync(path.join(dir, String(n)), 'w');
        open.push(target);
        return (bytes) => {
          result.size += writeSync(target, bytes.subarray(0, maxBytes + 1 - result.size));
          return result.size <= maxBytes;
        };
      },
      done: () => wanted.size === 0,
    });
  } finally {
    open.forEach(closeSync);
  }
  return written;
}
