/**
 * The tags of a key record (RFC 6376 3.2), names as written.
 * @returns null when the record is not a list of tags.
 */
export function readTags(record: string): Map<string, string> | null {
  const tags = new Map<string, string>();
  const specs = record.split(';');
  // The last tag may end with a semicolon too.
  if (specs.at(-1)!.trim() === '') specs.pop();
  for (const spec of specs) {
    const [, name, value] = /^\s*([a-z]\w*)\s*=(.*)$/is.exec(spec) ?? [];
    if (name === undefined || tags.has(name)) return null;
    tags.set(name, value!.trim());
  }
  return tags.size > 0 ? tags : null;
}

/**
 * Whether mail signed for the wanted key verifies against this record. Whitespace in the key is ignored; `k`
 * defaults to `rsa`.
 */
export function isSameKey(record: string, wanted: string): boolean {
  const tags = readTags(record);
  const key = readTags(wanted);
  const published = keyOf(tags);
  if (!tags || published === '' || published !== keyOf(key)) return false;
  if ((tags.get('k') ?? 'rsa') !== (key?.get('k') ?? 'rsa')) return false;
  // The version is optional; it must be the first tag and have this value (RFC 6376 3.6.1).
  if (tags.has('v') && ([...tags.keys()][0] !== 'v' || tags.get('v') !== 'DKIM1')) return false;
  return allows(tags.get('h'), ['sha256']) && allows(tags.get('s'), ['*', 'email']);
}

const keyOf = (tags: Map<string, string> | null): string => tags?.get('p')?.replace(/\s+/g, '') ?? '';

/** Whether a list separated by colons allows one of these values; an absent list allows everything. */
const allows = (list: string | undefined, values: string[]): boolean =>
  list === undefined || list.split(':').some((item) => values.includes(item.trim().toLowerCase()));
