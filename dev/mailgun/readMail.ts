import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MailParser, type AttachmentStream, type MessageText } from 'mailparser';

export interface MailFile {
  /** Local path of the decoded bytes. */
  file: string;
  /** Bytes. */
  size: number;
  /** '' when the mail gives none. */
  filename: string;
  contentType: string;
  /** With angle brackets; null when there is none. */
  contentId: string | null;
}

export interface MailParts {
  text: string;
  html: string | null;
  files: MailFile[];
}

/** Longer HTML gets no derived text: converting it would take longer than anyone waits for a local Mailgun. */
const MAX_HTML_TO_CONVERT = 500_000;

/**
 * Decodes the bodies of a raw mail, and its files into `folder`. Where the mail has HTML only, the text is made from it
 * (Mailgun does so too). Whatever cannot be parsed is left out: a route posts every mail.
 */
export async function readParts(emlFile: string, folder: string): Promise<MailParts> {
  const parts: MailParts = { text: '', html: null, files: [] };
  const parser = new MailParser({
    checksumAlgo: false,
    skipTextToHtml: true,
    keepDeliveryStatus: true,
    ignoreEmbedded: true,
    maxHtmlLengthToParse: MAX_HTML_TO_CONVERT,
    maxHeadSize: 16 * 1024 * 1024,
    maxChildNodes: 5000,
  });
  try {
    const read: AsyncIterable<AttachmentStream | MessageText> = createReadStream(emlFile).pipe(parser);
    for await (const part of read) {
      if (part.type === 'attachment') parts.files.push(await saveFile(part, folder, parts.files.length));
      else Object.assign(parts, { text: part.text ?? '', html: part.html ?? null });
    }
  } catch {
    // Beyond what the parser takes (too many parts): post what was read until here.
  }
  return parts;
}

async function saveFile(part: AttachmentStream, folder: string, n: number): Promise<MailFile> {
  const file = path.join(folder, `file-${n}`);
  await pipeline(part.content, createWriteStream(file));
  part.release?.();
  return {
    file,
    size: (await stat(file)).size,
    filename: part.filename ?? '',
    contentType: part.contentType,
    contentId: part.contentId?.trim() || null,
  };
}
