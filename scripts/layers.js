/**
 * `npm run layers` writes docs/layers.md: two pictures of which folder imports which, drawn from the code by
 * dependency-cruiser. With `--check` it writes nothing and fails when that file is out of date: `npm run
 * lint`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import rules from '../.dependency-cruiser.js';

const FILE = new URL('../docs/layers.md', import.meta.url);
const ROOTS = ['src', 'activities', 'workflows', 'dev'];

/** `src/web.ts` and `src/worker.ts` start processes: the only files of src that lie in no folder. */
const layerOf = (file) =>
  /^(?:src\/[^/]+(?=\/)|[^/]+(?=\/))/.exec(file.replace(/^src\/[^/]+\.ts$/, 'processes/'))[0];

/** Folders below core and infra; null for files of other layers. */
const partOf = (file) => /^src\/(?:core|infra)\/[^/]+/.exec(file)?.[0].replace(/\.ts$/, '') ?? null;

/** @returns Map of node -> Set of the nodes that it imports. */
function edgesBetween(modules, nodeOf) {
  const edges = new Map();
  for (const { source, dependencies } of modules) {
    const from = nodeOf(source);
    if (from === null) continue;
    if (!edges.has(from)) edges.set(from, new Set());
    for (const { resolved } of dependencies) {
      const to = nodeOf(resolved);
      if (to !== null && to !== from) edges.get(from).add(to);
    }
  }
  return edges;
}

/**
 * Leaves out each arrow that follows from others, to keep the picture readable. The graph has no cycle
 * (lint).
 */
function withoutImplied(edges) {
  const reaches = (from, to) => [...(edges.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  const isImplied = (from, to) => [...edges.get(from)].some((next) => next !== to && reaches(next, to));
  return [...edges]
    .map(([from, targets]) => [from, [...targets].filter((to) => !isImplied(from, to)).sort()])
    .sort(([a], [b]) => a.localeCompare(b));
}

const idOf = (node) => node.replaceAll(/\W/g, '_');

function mermaid(edges, groups) {
  const lines = ['```mermaid', 'flowchart TD'];
  for (const [title, nodes] of groups) {
    if (title) lines.push(`  subgraph ${title}`);
    for (const [node, label] of nodes) lines.push(`  ${title ? '  ' : ''}${idOf(node)}["${label}"]`);
    if (title) lines.push('  end');
  }
  for (const [from, targets] of withoutImplied(edges))
    for (const to of targets) lines.push(`  ${idOf(from)} --> ${idOf(to)}`);
  return [...lines, '```'].join('\n');
}

const nameOfLayer = (node) => (node === 'processes' ? 'src/web.ts, src/worker.ts' : node);

function document(modules) {
  const layers = edgesBetween(modules, layerOf);
  const parts = edgesBetween(modules, partOf);
  const within = (layer) =>
    [...parts.keys()]
      .filter((node) => node.startsWith(`src/${layer}/`))
      .sort()
      .map((node) => [node, node.slice(`src/${layer}/`.length)]);
  return `# Layers: who imports whom

Drawn from the code by \`npm run layers\`; do not edit by hand. An arrow means "imports", type imports included.
Arrows that follow from others are left out: where A leads to B and B to C, A may import C too. The rules are in
[.dependency-cruiser.js](../.dependency-cruiser.js), and [the decision](decisions/folders-and-borders.md) says why
they exist.

## The layers

${mermaid(layers, [[null, [...layers.keys()].sort().map((node) => [node, nameOfLayer(node)])]])}

\`workflows\` imports types only. The worker loads the workflows as a bundle, so no arrow leads to them.

## Inside \`src/core\` and \`src/infra\`

${mermaid(parts, [
  ['core', within('core')],
  ['infra', within('infra')],
])}
`;
}

const { output } = await cruise(ROOTS, { ...rules.options, validate: false });
const isOurs = (file) => ROOTS.includes(file.split('/')[0]) && !file.startsWith('dev/mailgun/test/');
const text = document(output.modules.filter(({ source }) => isOurs(source)));
if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/layers.md is out of date: run `npm run layers` and commit the file.');
  process.exitCode = 1;
}
