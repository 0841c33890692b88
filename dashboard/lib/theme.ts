/** `system` follows the system; public/early.js does the same before the first paint. */
export type Theme = 'light' | 'dark' | 'system';
const KEY = 'postroom.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function theme(): Theme {
  const chosen = safely(() => localStorage.getItem(KEY));
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export function setTheme(chosen: Theme): void {
  safely(() => (chosen === 'system' ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, chosen)));
  apply();
}

export function apply(): void {
  const chosen = theme();
  const dark = chosen === 'dark' || (chosen === 'system' && system.matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

system.addEventListener('change', apply);
// Paper is light.
addEventListener('beforeprint', () => (document.documentElement.dataset.theme = 'light'));
addEventListener('afterprint', apply);

function safely<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
