/**
 * Bytes of a References header. Mailgun takes 16 KB of headers in all (API reference, "Messages"); servers on the way have
 * limits of their own.
 */
const MAX_BYTES = 8_000;

/**
 * The chain of a thread, cut in the middle where it is too long: the root and the newest ids stay (RFC 5322 3.6.4).
 * @param ids the root, then the others, oldest first; one that is named again stands where it is named last.
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
