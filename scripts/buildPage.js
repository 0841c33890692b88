// node scripts/buildPage.js <folder>: builds the dashboard into the folder, and compresses its files once, as well
// as they can be. See built.js.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const folder = path.resolve(process.argv[2] ?? 'dist/dashboard');
const root = fileURLToPath(new URL('../dashboard', import.meta.url));
const COMPRESSED = /[.](js|css|svg)$/;

// Whoever asks: with a test runner's NODE_ENV it would be React for development, twice as large and slow.
process.env.NODE_ENV = 'production';
await build({ root, logLevel: 'warn', build: { outDir: folder } });
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
  const file = path.join(entry.parentPath, entry.name);
  const bytes = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
}
