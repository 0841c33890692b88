/** The version must be followed by a space or the end (RFC 7208 4.5). */
export const isSpf = (record: string): boolean => /^v=spf1(?: |$)/i.test(record);

/**
 * Whether an SPF record passes every domain that a wanted one includes.
 * @param wanted an SPF record, or only its `include:` mechanisms; without any the result is false.
 */
export function hasInclude(record: string, wanted: string): boolean {
  const passed = includes(record);
  const needed = includes(wanted);
  return needed.length > 0 && needed.every((domain) => passed.includes(domain));
}

/**
 * Domains of the `include:` mechanisms that pass (`+` or no qualifier) and come before `all` (RFC 7208 5.1).
 */
function includes(record: string): string[] {
  const terms = record.toLowerCase().split(/[ \t\r\n]+/);
  const all = terms.findIndex((term) => /^[-+~?]?all$/.test(term));
  return (all === -1 ? terms : terms.slice(0, all)).flatMap((term) => {
    const domain = /^\+?include:(.+)$/.exec(term)?.[1];
    return domain === undefined ? [] : [domain.replace(/\.$/, '')];
  });
}
