/**
 * Gives the document in a frame the page's type and, if the mail brings no colours of its own, the page's colours. The
 * mail's own styles win: these are set on the root only.
 */
export function dress(mail: Document, onPaper: boolean): void {
  const page = getComputedStyle(document.documentElement);
  const token = (name: string) => page.getPropertyValue(name).trim();
  const { style } = mail.documentElement;
  style.colorScheme = onPaper
    ? 'light'
    : document.documentElement.dataset.theme === 'dark'
      ? 'dark'
      : 'light';
  style.color = onPaper ? '#1c1b19' : token('--fg');
  style.background = 'transparent';
  style.overflowY = 'hidden';
  // The document paints its own paper; without it the mail stands on the page.
  const own = mail.querySelector<HTMLElement>('.own');
  if (own) {
    own.style.background = onPaper ? '' : 'transparent';
    own.style.color = onPaper ? '' : 'inherit';
  }
  mail.body.style.font = `${token('--t-l')}/1.55 ${token('--sans')}`;
  trim(mail.body);
}

/** The space above the first paragraph and below the last is the page's affair. */
function trim(body: HTMLElement): void {
  for (
    let at = body.firstElementChild as HTMLElement | null;
    at;
    at = at.firstElementChild as HTMLElement | null
  )
    at.style.marginTop = '0';
  for (
    let at = body.lastElementChild as HTMLElement | null;
    at;
    at = at.lastElementChild as HTMLElement | null
  )
    at.style.marginBottom = '0';
}
