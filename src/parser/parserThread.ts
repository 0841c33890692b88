/** A thread that reads hostile mail, one job at a time; it may be ended at any moment (parserPool). */
import { parentPort } from 'node:worker_threads';
import { extractParts } from '../email/mime.ts';
import { loadParsers } from '../providers/parsers.ts';
import { digest, salvage, sanitise } from './digest.ts';
import type { Answer, Job } from './lane.ts';

const port = parentPort!;

async function work(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'digest':
      return digest(job.mail);
    case 'salvage':
      return salvage(job.mail);
    case 'sanitise':
      return sanitise(job.html);
    case 'extract':
      return extractParts(job.mime, job.parts, job.dir, job.maxBytes);
  }
}

await loadParsers();
port.on('message', (job: Job) => {
  work(job).then(
    (value) => port.postMessage({ value } satisfies Answer),
    (error: unknown) => {
      const { name, message, code } = error as Error & { code?: unknown };
      port.postMessage({
        error: { name, message, code: typeof code === 'string' ? code : undefined },
      } satisfies Answer);
    },
  );
});
port.postMessage('ready');
