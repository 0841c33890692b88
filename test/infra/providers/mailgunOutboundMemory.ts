import { setTimeout as sleep } from 'node:timers/promises';
import { createMailgunOutbound } from '../../../src/infra/providers/mailgun/outbound.ts';
import type { OutgoingMail } from '../../../src/infra/providers/outbound.ts';

/**
 * A process of its own: sends a mail, and tells how many bytes are held once the other side has all of it.
 */
const { url, mail } = JSON.parse(process.argv[2]!) as { url: string; mail: OutgoingMail };
const provider = createMailgunOutbound({
  apiKey: 'k',
  signingKey: '',
  url,
  signatureHours: 12,
  timeoutMs: 60_000,
});
const arrayBuffers = () => {
  globalThis.gc!();
  return process.memoryUsage().arrayBuffers;
};
const before = arrayBuffers();
const sending = provider.send(mail, new AbortController().signal);
while ((await (await fetch(`${url}/is-read`)).text()) !== 'yes') await sleep(20);
let heldBytes = arrayBuffers() - before;
// What is freed is counted only later.
for (let look = 0; look < 50 && heldBytes > mail.size / 4; look += 1) {
  await sleep(20);
  heldBytes = Math.min(heldBytes, arrayBuffers() - before);
}
await fetch(`${url}/answer`);
console.log(JSON.stringify({ sent: await sending, heldBytes }));
