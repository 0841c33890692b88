import { generateKeyPairSync } from 'node:crypto';
import { clientOf, errorOf } from '../outbound/client.ts';
import { localMailgunFor, startReceiver } from '../receiver.ts';
import { publish, Zone } from './zone.ts';

const NAME = 'mg.acme.test';
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let zone: Zone;
let domains: ReturnType<typeof clientOf>['domains'];
let keys: KeysClient;
beforeEach(async () => {
  receiver = await startReceiver();
  zone = new Zone();
  localMailgun = await localMailgunFor(receiver, { resolve: zone.resolve });
  ({ domains } = clientOf(localMailgun));
  keys = (domains as unknown as { domainKeys: KeysClient }).domainKeys;
  publish(zone, await domains.create({ name: NAME, dkim_selector: 'first' }));
  await domains.verify(NAME);
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
});

/** A client of mailgun.js that its types lack. */
interface KeysClient {
  list(domain: string): Promise<{ items: Key[] }>;
  listAll(query?: { signingDomain?: string; selector?: string }): Promise<{ items: Key[] }>;
  create(data: { signingDomain: string; selector: string; bits?: string; pem?: string }): Promise<Key>;
  activate(domain: string, selector: string): Promise<unknown>;
  deactivate(domain: string, selector: string): Promise<unknown>;
  destroy(domain: string, selector: string): Promise<unknown>;
  updateDKIMSelector(domain: string, data: { dkimSelector: string }): Promise<unknown>;
}
interface Key {
  signing_domain: string;
  selector: string;
  dns_record: { name: string; value: string; valid: string; is_active: boolean };
}
const selectors = ({ items }: { items: Key[] }) => items.map(({ selector }) => selector);

test('a second key: made, published, activated; then the first one can be deleted', async () => {
  const second = await keys.create({ signingDomain: NAME, selector: 'second', bits: '2048' });
  expect(second).toMatchObject({
    signing_domain: NAME,
    dns_record: { name: `second._domainkey.${NAME}`, record_type: 'TXT', valid: 'unknown', is_active: false },
  });
  expect(await errorOf(keys.activate(NAME, 'second'))).toMatchObject({ status: 400 });
  expect(await errorOf(keys.deactivate(NAME, 'first'))).toMatchObject({
    status: 400,
    details: 'at least one active key must remain',
  });

  zone.put('TXT', second.dns_record.name, second.dns_record.value);
  const seen = await domains.verify(NAME);
  expect(seen.sending_dns_records!.find(({ name }) => name === second.dns_record.name)).toMatchObject({
    valid: 'valid',
    is_active: false,
  });
  expect(await keys.activate(NAME, 'second')).toMatchObject({
    message: 'Domain key activated',
    authority: NAME,
    selector: 'second',
    active: true,
  });
  expect(await keys.deactivate(NAME, 'first')).toMatchObject({ active: false });
  expect((await keys.list(NAME)).items.map((key) => [key.selector, key.dns_record.is_active])).toEqual([
    ['first', false],
    ['second', true],
  ]);
  expect((await domains.get(NAME)).state).toBe('active');
  expect(await keys.destroy(NAME, 'first')).toEqual({ message: 'Domain key deleted' });
  expect(selectors(await keys.list(NAME))).toEqual(['second']);
  expect(await errorOf(keys.destroy(NAME, 'second'))).toMatchObject({ status: 400 });
});

test('a key of our own, the list of all, and what is refused', async () => {
  const pem = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const own = await keys.create({ signingDomain: NAME, selector: 'own', pem: pem.privateKey });
  expect(own.dns_record.value).toBe(`k=rsa; p=${pem.publicKey.toString('base64')}`);
  await domains.create({ name: 'other.test', dkim_selector: 'only' });
  expect(selectors(await keys.listAll())).toEqual(['first', 'own', 'only']);
  expect(selectors(await keys.listAll({ signingDomain: NAME }))).toEqual(['first', 'own']);
  expect(selectors(await keys.listAll({ selector: 'only' }))).toEqual(['only']);

  const refused = async (data: Parameters<KeysClient['create']>[0]) =>
    (await errorOf(keys.create(data))).status;
  expect(await refused({ signingDomain: 'no.test', selector: 'x' })).toBe(404);
  expect(await refused({ signingDomain: NAME, selector: 'first' })).toBe(400);
  expect(await refused({ signingDomain: NAME, selector: 'a b' })).toBe(400);
  expect(await refused({ signingDomain: NAME, selector: 'x', bits: '512' })).toBe(400);
  expect(await refused({ signingDomain: NAME, selector: 'x', pem: 'no key' })).toBe(400);
  expect(await errorOf(keys.destroy(NAME, 'x'))).toMatchObject({ status: 404 });
  expect(await errorOf(keys.destroy('other.test', 'only'))).toMatchObject({ status: 400 });
});

test('another selector: its record is not found until it is published', async () => {
  await keys.updateDKIMSelector(NAME, { dkimSelector: 'moved' });
  const moved = await domains.get(NAME);
  expect(moved.state).toBe('unverified');
  publish(zone, moved);
  expect((await domains.verify(NAME)).state).toBe('active');
});
