/** Splits a list of addresses at its commas, not at those within quotes (`"a,b"@x.test`). Empty ones are left out. */
export function splitRecipients(list: string): string[] {
  const pieces = list.match(/(?:"(?:[^"\\]|\\.)*"|[^,])+/gs) ?? [];
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}
