import http from 'node:http';
import { json } from 'node:stream/consumers';

/** How a test reaches each engine. */
export interface Engines {
  /** A URI. */
  mongodb: string;
  /** Host and port. */
  temporal: string;
  s3: { endpoint: string; accessKeyId: string; secretAccessKey: string };
  /** The program: each test file starts one of its own. */
  timeSkipping: string;
}
export type EngineName = keyof Engines;

/**
 * Asks the broker of this run (broker.ts) for an engine. The first request starts it, and may have to obtain
 * or build it before: that takes minutes. So ask where a module is loaded, which jest waits for without a
 * limit; hooks and tests have one.
 */
export async function engine<Name extends EngineName>(name: Name): Promise<Engines[Name]> {
  const broker = process.env.TEST_ENGINES_URL;
  if (!broker)
    throw new Error(
      `There is no broker to ask for ${name}: this test belongs to the project "engines" (jest.config.js).`,
    );
  // Not fetch(): it gives up after five minutes without an answer.
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(`${broker}/${name}`, resolve).on('error', reject);
  });
  const answer = await json(response);
  if (response.statusCode !== 200) throw new Error(String(answer));
  return answer as Engines[Name];
}
