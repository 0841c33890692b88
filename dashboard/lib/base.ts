/** The path below which web is reached, without a slash at its end: a PUBLIC_URL may have one. Web writes it into the page. */
export const base = (
  document.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? '/'
).replace(/\/$/, '');
