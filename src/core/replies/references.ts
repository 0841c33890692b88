/**
 * Most bytes of a References header. Mailgun accepts 16 KB of headers in all (API reference, "Messages");
 * servers on the way have limits of their own.
 */
const MAX_BYTES = 8_000;

/**
 * The references of a thread. If they are too long, the middle is cut: the root and the newest ids stay (RFC
 * 5322 3.6.4).
 * @param ids the root, then the others, oldest first; an id that is named twice keeps its last place.
 */
export function limitReferences(ids: string[]): string[] {
  const [root] = ids;
  if (root === undefined) return [];
  const rest = [...new Set(ids.toReversed())].reverse().filter((id) => id !== root);
  let bytes = Buffer.byteLength(root);
  const kept: string[] = [];
  for (const id of rest.toReversed()) {
    bytes += Buffer.byteLength(id) + 1;
    if (bytes > MAX_BYTES) break;
    kept.unshift(id);
  }
  return [root, ...kept];
}
