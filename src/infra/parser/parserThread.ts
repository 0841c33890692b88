/**
 * A thread that parses hostile mail, one job at a time. It may be terminated at any moment (parserLane.ts).
 */
import { parentPort } from 'node:worker_threads';
import { extractParts } from '../../mail/mime.ts';
import { wordsOfWhole } from '../../mail/searchWords.ts';
import { loadParsers } from '../providers/parsers.ts';
import { digest, salvage, sanitise } from './digest.ts';
import type { ParserAnswer, ParserJob } from './parserLane.ts';

const port = parentPort!;

async function runJob(job: ParserJob): Promise<unknown> {
  switch (job.kind) {
    case 'digest':
      return digest(job.mail);
    case 'salvage':
      return salvage(job.mail);
    case 'sanitise':
      return sanitise(job.html);
    case 'words':
      return wordsOfWhole(job.text);
    case 'extract':
      return extractParts(job.mime, job.parts, job.dir, job.maxBytes);
  }
}

await loadParsers();
port.on('message', (job: ParserJob) => {
  runJob(job).then(
    (value) => port.postMessage({ value } satisfies ParserAnswer),
    (error: unknown) => {
      const { name, message, code } = error as Error & { code?: unknown };
      port.postMessage({
        error: { name, message, code: typeof code === 'string' ? code : undefined },
      } satisfies ParserAnswer);
    },
  );
});
port.postMessage('ready');
