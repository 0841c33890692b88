import type { StoredMail } from '../../src/mail/storedMail.ts';
import { ParserBroke, Unreadable, type DigestJob } from '../../src/infra/parser/pool.ts';
import { longFields, type StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { Deps } from '../deps.ts';
import type { ReadMail } from './readMail.ts';

/** Keeps the headers of a mail that breaks the parser, with the raw mail as its files. */
export async function salvageMail({ parser }: Deps, job: DigestJob): Promise<ReadMail> {
  try {
    const salvaged = await parser.salvage(job);
    const cut = [...salvaged.cut, 'everything but the headers'];
    return { mail: { ...salvaged, files: rawFiles(job.post), cut } };
  } catch (error) {
    if (error instanceof Unreadable || error instanceof ParserBroke)
      return { mail: null, reason: error.message };
    throw error;
  }
}

/**
 * The raw mail as files of the message: the MIME, or what was posted beside the short fields. Never the
 * payload's JSON: it holds the provider's proof and the other recipients of the post.
 */
function rawFiles(post: StoredPost): StoredMail['files'] {
  if (post.mime) return [rawFile('original.eml', 'message/rfc822', post.mime)];
  return [
    ...longFields(post).map(([name, value]) => rawFile(`${name}.txt`, 'text/plain', value)),
    ...post.files.map((posted) => rawFile(posted.filename, posted.content_type, posted)),
  ];
}

const rawFile = (
  filename: string,
  contentType: string,
  { object, size }: { object: string; size: number },
) => ({
  filename,
  contentType,
  size,
  contentId: null,
  source: { object },
});
