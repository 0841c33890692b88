const count = new Intl.NumberFormat('en');
const plural = new Intl.PluralRules('en');

/** `1 message`, `2 messages` */
export const counted = (n: number, one: string, other: string): string =>
  `${count.format(n)} ${plural.select(n) === 'one' ? one : other}`;

export const common = {
  /** `Closed.` of one thread, `Closed. 3 threads` of several. */
  ofMany: (done: string, n: number): string =>
    n === 1 ? done : `${counted(n, 'thread', 'threads')}: ${done}`,
  product: 'Postroom',
  cancel: 'Cancel',
  undo: 'Undo',
  seconds: (n: number) => `${n} s`,
  close: 'Close',
  retry: 'Try again',
  more: 'More',
  back: 'Back',
  loading: 'Loading …',
  justNow: 'now',
  problem: {
    offline: 'The server cannot be reached. Check your connection; the page tries again by itself.',
    unexpected: 'Something went wrong in this page. Reload it; what you wrote is kept.',
    status: (status: number) =>
      status === 429
        ? 'Too many requests in a short time. Wait a moment and try again.'
        : status >= 500
          ? 'Something went wrong on the server. Try again in a moment.'
          : `The server refused this (${status}).`,
    title: 'This could not be shown',
    notFound: 'This is not here',
    home: 'Go to the inbox',
    notFoundHint: 'It was deleted, or you may not see it.',
  },
};
