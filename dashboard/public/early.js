// Runs before the first paint, and while the program is still being read.

// The theme that this browser chose, else the system's. Also read by lib/theme.ts.
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

// Who is signed in, and the list if it is the one that was shown last, are asked for at once; lib/early.ts gives the answers to
// who asks for them later.
(function () {
  var base = document.querySelector('meta[name="base-path"]').content.replace(/\/$/, '');
  var urls = [base + '/api/v1/session'];
  try {
    var list = JSON.parse(localStorage.getItem('postroom.list'));
    var isShown = location.pathname === list.path || location.pathname.startsWith(list.path + '/');
    if (isShown && location.search === list.search) urls.push(list.url);
  } catch {
    // There is none, or storage is switched off.
  }
  window.early = new Map();
  urls.forEach(function (url) {
    var answer = fetch(url, { headers: { Accept: 'application/json' } });
    answer.catch(function () {
      // lib/early.ts asks again.
    });
    window.early.set(url, answer);
  });
})();
