/**
 * The floors: pages without a program, served by the same process as the dashboard. A row of the list is a row there, a key
 * marks the next one, and text is typed into a plain field.
 */
export const floorPage = (rows: number): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Floor</title>
    <style>
      body { margin: 0; font: 14px/20px sans-serif }
      main { height: 100vh; overflow: auto }
      [role='option'] { box-sizing: border-box; height: 68px; border-bottom: 1px solid #ddd; padding: 8px }
      [aria-selected='true'] { background: #def }
      textarea { position: fixed; right: 0; bottom: 0; width: 600px; height: 200px }
    </style>
  </head>
  <body>
    <main role="listbox" aria-label="Threads">${Array.from({ length: rows }, (_, index) => rowOf(index)).join('')}</main>
    <textarea aria-label="Message"></textarea>
    <script>
      let marked = -1;
      addEventListener('keydown', ({ key, target }) => {
        if (key !== 'j' || target.tagName === 'TEXTAREA') return;
        const rows = document.querySelectorAll('[role="option"]');
        rows[marked]?.removeAttribute('aria-selected');
        rows[(marked += 1)].setAttribute('aria-selected', 'true');
        document.querySelector('main').setAttribute('aria-activedescendant', String(marked));
      });
    </script>
  </body>
</html>`;

const rowOf = (index: number): string =>
  `<div role="option"><div>Ann ${index}</div><div>Where is my order ${index}</div><div>${TEXT}</div></div>`;
const TEXT = 'My order has not arrived yet. It should have been here last week.';
