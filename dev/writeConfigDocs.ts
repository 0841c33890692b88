/**
 * `npm run config-docs`: writes `.env.example` and the table of docs/configuration.md from
 * src/infra/variables.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, withTable } from './configDocs.ts';

const PAGE = new URL('../docs/configuration.md', import.meta.url);

writeFileSync(new URL('../.env.example', import.meta.url), envExample());
writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));
