import { engine } from './engine.ts';

/** Importing this module starts an S3 server for this run of the tests, if no other file has. */
export const s3 = await engine('s3');
