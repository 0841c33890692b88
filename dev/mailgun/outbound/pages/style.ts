import { Html } from './html.ts';

/** The style of all pages: light and dark, wide and narrow. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --quiet: #777; --link: #1659c4; }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; --link: #8ab4ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; margin-bottom: 1rem; }
header p { margin: 0; color: var(--quiet); }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
input, textarea, button { font: inherit; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: .4rem; }
textarea { width: 100%; min-height: 8rem; resize: vertical; }
button { background: var(--link); border-color: var(--link); color: Canvas; cursor: pointer; }
form.search { display: flex; gap: .5rem; margin-bottom: 1rem; }
form.search input { flex: 1; min-width: 0; }
.mails { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
.mails li + li { border-top: 1px solid var(--line); }
.mails a { display: grid; grid-template-columns: 15rem 1fr auto; gap: 0 1rem; padding: .6rem .9rem; color: inherit; text-decoration: none; }
.mails a:hover { background: var(--soft); }
.mails time, .mails .to { color: var(--quiet); }
.mails .subject { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .8rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
iframe { width: 100%; height: 60vh; border: 1px solid var(--line); border-radius: .5rem; background: #fff; resize: vertical; }
pre { white-space: pre-wrap; margin: 0; padding: .9rem; border: 1px solid var(--line); border-radius: .5rem; font: inherit; }
pre.source { font: 13px/1.45 ui-monospace, monospace; }
details { margin: .8rem 0; }
summary { cursor: pointer; color: var(--quiet); }
.note { padding: .6rem .9rem; border-radius: .5rem; background: var(--soft); }
.answer > * { display: block; margin-top: .6rem; max-width: 100%; }
nav { margin-top: 1rem; display: flex; gap: 1rem; }
@media (max-width: 40rem) {
  .mails a { grid-template-columns: 1fr; }
  .mails time { font-size: .85rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
}
`);
