import { IncompleteBody, type FormPart, type FormSink, UnreadableBody } from './form.ts';

const CRLF = '\r\n';
const MAX_HEAD_BYTES = 16 * 1024;

/** The `boundary` of a `multipart/form-data` content type, or null. */
export function boundaryOf(contentType: string): string | null {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  return boundary ? (boundary[1] ?? boundary[2] ?? null) : null;
}

/**
 * Reads `multipart/form-data` (RFC 7578) byte for byte, in constant memory. busboy holds whole fields in
 * memory, and replaces bytes that are not UTF-8 by U+FFFD; here a field is a stream like a file.
 * @throws IncompleteBody when the closing boundary is missing, UnreadableBody when the body is no form
 */
export async function readMultipart(
  body: AsyncIterable<Buffer>,
  boundary: string,
  sink: FormSink,
): Promise<void> {
  const reader = new MultipartReader(boundary, sink);
  for await (const chunk of body) await reader.read(chunk);
  reader.end();
}

class MultipartReader {
  readonly #sink: FormSink;
  readonly #delimiter: Buffer;
  #inside: 'preamble' | 'delimiter' | 'head' | 'part' | 'epilogue' = 'preamble';
  /**
   * Bytes that are not read yet. It starts with CRLF, because the first delimiter may have no line before it.
   */
  #rest: Buffer = Buffer.from(CRLF);

  constructor(boundary: string, sink: FormSink) {
    this.#sink = sink;
    this.#delimiter = Buffer.from(`${CRLF}--${boundary}`, 'latin1');
  }

  async read(chunk: Buffer): Promise<void> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (await this.#step());
  }

  end(): void {
    if (this.#inside === 'preamble') throw new UnreadableBody('the body has no multipart boundary');
    if (this.#inside !== 'epilogue') throw new IncompleteBody('The multipart form has no end.');
  }

  /** Reads up to the next change of `#inside`. @returns false when more bytes are needed */
  #step(): Promise<boolean> | boolean {
    if (this.#inside === 'delimiter') return this.#readDelimiterLine();
    if (this.#inside === 'head') return this.#readHead();
    if (this.#inside !== 'epilogue') return this.#readToDelimiter();
    this.#rest = this.#rest.subarray(this.#rest.length);
    return false;
  }

  async #readToDelimiter(): Promise<boolean> {
    const at = this.#rest.indexOf(this.#delimiter);
    const isFound = at !== -1;
    // The last bytes may be the beginning of a delimiter.
    const safeLength = isFound ? at : Math.max(0, this.#rest.length - this.#delimiter.length + 1);
    const bytes = this.#rest.subarray(0, safeLength);
    this.#rest = this.#rest.subarray(isFound ? safeLength + this.#delimiter.length : safeLength);
    if (this.#inside === 'part') {
      if (bytes.length > 0) await this.#sink.data(bytes);
      if (isFound) await this.#sink.end();
    }
    if (isFound) this.#inside = 'delimiter';
    return isFound;
  }

  #readDelimiterLine(): boolean {
    if (this.#rest.length < 2) return false;
    if (this.#rest.toString('latin1', 0, 2) === '--') {
      this.#inside = 'epilogue';
      return true;
    }
    const end = this.#rest.indexOf(CRLF);
    const line = this.#rest.toString('latin1', 0, end === -1 ? this.#rest.length - 1 : end);
    if (/[^ \t]/.test(line) || line.length > MAX_HEAD_BYTES)
      throw new UnreadableBody('a multipart boundary has other text on its line');
    if (end === -1) return false;
    // The line end is kept, so that an empty head also ends in an empty line.
    this.#rest = this.#rest.subarray(end);
    this.#inside = 'head';
    return true;
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf(CRLF + CRLF);
    if ((end === -1 ? this.#rest.length : end) > MAX_HEAD_BYTES)
      throw new UnreadableBody('the head of a multipart part is over 16 KB');
    if (end === -1) return false;
    this.#sink.begin(partOf(this.#rest.toString('latin1', 0, end)));
    this.#rest = this.#rest.subarray(end + 4);
    this.#inside = 'part';
    return true;
  }
}

/** Reads a part's head, given as latin1 so that each character is a byte. */
function partOf(head: string): FormPart {
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split(CRLF);
  const header = (name: string): string | undefined =>
    lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1);
  const parameters = parametersOf(header('content-disposition') ?? '');
  const name = parameters.get('name');
  if (name === undefined) throw new UnreadableBody('a part of the multipart form has no name');
  const filename = parameters.get('filename');
  const extended = extendedValue(parameters.get('filename*'));
  return {
    name: Buffer.from(name, 'latin1'),
    filename: extended ?? (filename === undefined ? null : Buffer.from(filename, 'latin1')),
    contentType: header('content-type')?.trim() ?? '',
  };
}

function parametersOf(disposition: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const written = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))/gs;
  for (const [, name = '', quoted, token = ''] of disposition.matchAll(written)) {
    // Some clients escape quotes and backslashes; a lone backslash stands for itself (`C:\mail.txt`).
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(["\\])/g, '$1') ?? token);
  }
  return parameters;
}

/** `UTF-8''na%C3%AFve.txt` (RFC 5987): RFC 7578 forbids it here, Python's urllib3 wrote it for years. */
function extendedValue(value: string | undefined): Buffer | null {
  const encoded = /^utf-8'[^']*'(.*)$/is.exec(value ?? '')?.[1];
  if (encoded === undefined) return null;
  return Buffer.from(
    encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}
