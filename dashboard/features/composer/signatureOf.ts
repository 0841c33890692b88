/** Signatures of the writer and of the address, one below the other, each once. Pure. */
export function signatureOf(mine: string | null, ofAddress: string | null): string | null {
  const all = [...new Set([mine, ofAddress])].filter(
    (each): each is string => each !== null && each.trim() !== '',
  );
  return all.length === 0 ? null : all.map((each) => `<div>${each}</div>`).join('');
}

/** The text with the signature below it: above the quote, which the server adds. */
export const signed = (html: string, signature: string | null): string =>
  signature === null ? html : `${html}<div data-signature="true" style="margin-top:16px">${signature}</div>`;
