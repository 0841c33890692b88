// `npm start`: runs the compiled dev/start.ts, which brings up everything.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { built } from './built.js';

const folder = await built((line) => console.log(line));
await import(pathToFileURL(path.join(folder, 'dev/start.js')).href);
