// Before the first paint: the theme that this browser chose, else the system's. Also read by lib/theme.ts.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('postroom.theme');
  } catch {
    // Storage can be switched off; then the system's theme is shown.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
