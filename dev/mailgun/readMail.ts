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
  /** '' when the mail names none. */
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

/** Longer HTML is not converted to text: that would take too long. */
const MAX_HTML_TO_CONVERT = 500_000;

/**
 * Decodes the bodies of a raw mail, and its files into `folder`. When the mail has only HTML, the text is
 * made from it, as Mailgun does. Parts that cannot be parsed are omitted: a route posts every mail.
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
    // Over a limit of the parser (too many parts): post what was read so far.
  }
  return parts;
}

async function saveFile(part: AttachmentStream, folder: string, index: number): Promise<MailFile> {
  const file = path.join(folder, `file-${index}`);
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
