/**
 * `node dist/src/cli/healthy.js <url>`: exit code 0 when the URL answers 2xx within 4 s, else 1. For
 * containers' health checks.
 */
const answer = await fetch(process.argv[2] ?? '', { signal: AbortSignal.timeout(4_000) }).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
