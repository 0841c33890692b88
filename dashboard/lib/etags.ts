/** The ETag of each row as it was last read or written here: a change says with it what it is based on. */
const known = new Map<string, string>();

export const etags = {
  set: (id: string, etag: string | null): void => {
    if (etag !== null) known.set(id, etag);
  },
  /** The header of a change. */
  match: (id: string): Record<string, string> => {
    const etag = known.get(id);
    return etag === undefined ? {} : { 'If-Match': etag };
  },
};
