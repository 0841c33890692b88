import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { Written } from './answer.ts';

/** Largest file of an answer, in bytes (25 MB), and largest number of files. */
const MAX_FILE_BYTES = 25 * 1024 * 1024;
const MAX_FILES = 20;

/** The content of the answer form. Null when the body is not that form, or a file is too large. */
export async function readWritten(request: IncomingMessage): Promise<Written | null> {
  const written: Written = { text: '', files: [] };
  const cut: string[] = [];
  try {
    const limits = { fileSize: MAX_FILE_BYTES, files: MAX_FILES };
    const parser = busboy({ headers: request.headers, defParamCharset: 'utf8', limits });
    parser.on('field', (name, value) => {
      if (name === 'text') written.text = value;
    });
    parser.on('file', (_, stream, { filename, mimeType }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => cut.push(filename ?? ''));
      stream.on('end', () => {
        // A browser posts an empty file without a name when none was chosen.
        if (filename) written.files.push({ filename, contentType: mimeType, content: Buffer.concat(chunks) });
      });
    });
    await pipeline(request, parser);
  } catch {
    return null;
  }
  return cut.length > 0 ? null : written;
}
