import { setTimeout as sleep } from 'node:timers/promises';
import { createMailgunOutbound } from '../../src/providers/mailgun/outbound.ts';
import type { OutgoingMail } from '../../src/providers/outbound.ts';

/** A process of its own: sends a mail, and tells how many bytes are held once the other side has all of it. */
const { url, mail } = JSON.parse(process.argv[2]!) as { url: string; mail: OutgoingMail };
const provider = createMailgunOutbound({ apiKey: 'k', signingKey: '', url, timeoutMs: 60_000 });
const held = () => {
  globalThis.gc!();
  return process.memoryUsage().arrayBuffers;
};
const before = held();
const sending = provider.send(mail, new AbortController().signal);
while ((await (await fetch(`${url}/is-read`)).text()) !== 'yes') await sleep(20);
const heldBytes = held() - before;
await fetch(`${url}/answer`);
console.log(JSON.stringify({ sent: await sending, heldBytes }));
