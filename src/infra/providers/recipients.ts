/**
 * Splits a list of addresses at commas, except those in quotes (`"a,b"@x.test`). Empty entries are left out.
 */
export function splitRecipients(list: string): string[] {
  const pieces = list.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/gs) ?? [];
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}
