const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * How much of a mail is read; what is over goes into `cut`, and the whole stays in the archive (design:
 * "Hostile mail").
 */
export const caps = {
  /** Bytes (UTF-8) of HTML, before and after sanitising. */
  htmlBytes: 2 * MiB,
  /** Elements of the HTML, and how many may be open at once. */
  htmlElements: 100_000,
  htmlDepth: 500,
  /** Bytes (UTF-8) of plain text. */
  textBytes: 2 * MiB,
  /** Header fields of the mail, and their bytes in all. */
  headers: 1_000,
  headerBytes: 256 * KiB,
  /** Leaves of the MIME tree (texts and files), and all its nodes. */
  parts: 200,
  mimeNodes: 500,
  /** Addresses in one of From, Reply-To, To, Cc. */
  addresses: 1_000,
  /** Ids of In-Reply-To and References that are looked for. */
  parentIds: 30,
  /** Bytes of one file, inclusive (25 MB). */
  fileBytes: 25 * MiB,
  /** Characters of a subject and of a file name. */
  subjectChars: 10_000,
  filenameChars: 255,
} as const;
