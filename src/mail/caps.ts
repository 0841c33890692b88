const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * How much of a mail is read, so that a hostile mail cannot take unlimited time or memory. `cut` names the
 * parts that were cut; the archive keeps the whole mail.
 */
export const caps = {
  /** Bytes (UTF-8) of HTML, before and after sanitising. */
  htmlBytes: 2 * MiB,
  /** Number of HTML elements, and their nesting depth. */
  htmlElements: 100_000,
  htmlDepth: 500,
  /** Bytes (UTF-8) of plain text. */
  textBytes: 2 * MiB,
  /** Number of header fields, and their bytes together. */
  headers: 1_000,
  headerBytes: 256 * KiB,
  /** Leaves of the MIME tree (texts and files), and all nodes of the tree. */
  parts: 200,
  mimeNodes: 500,
  /** Addresses in each of From, Reply-To, To and Cc. */
  addresses: 1_000,
  /** Ids of In-Reply-To and References that threading looks for. */
  parentIds: 30,
  /** Bytes of one file, inclusive (25 MB). */
  fileBytes: 25 * MiB,
  /** Characters of a subject and of a file name. */
  subjectChars: 10_000,
  filenameChars: 255,
} as const;
