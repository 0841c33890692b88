import react from '@vitejs/plugin-react';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** Where `npm run dashboard` finds a running Postroom: API, files and event streams are its own. */
const target = process.env.POSTROOM_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that a PUBLIC_URL with a path works; web writes a <base> for it.
  base: './',
  plugins: [react(), tailwindcss()],
  // Web puts each answer's nonce in its place (src/infra/http/page.ts).
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: true,
    // Below it an image would become a data: URL inside the script.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// }],
        },
      },
    },
  },
  server: {
    proxy: { '^/(api|files)(/|$)': { target, changeOrigin: false } },
  },
});
