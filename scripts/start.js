// `npm start`: runs the compiled dev/start.ts, which brings up everything.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { built, builtPage } from './built.js';

const say = (line) => console.log(line);
const [folder, page] = await Promise.all([built(say), builtPage(say)]);
process.env.DASHBOARD_DIR ||= page;
await import(pathToFileURL(path.join(folder, 'dev/start.js')).href);
