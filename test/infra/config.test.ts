import { readFileSync } from 'node:fs';
import { getServers } from 'node:dns';
import { envExample, withTable } from '../../dev/configDocs.ts';
import { ConfigError, Environment, loadConfig, type VariableName } from '../../src/infra/config.ts';
import { VARIABLES } from '../../src/infra/variables.ts';

test('an empty environment is right', () => {
  const config = loadConfig({});
  expect(config).toMatchObject({
    port: 3000,
    portIsExplicit: false,
    publicUrl: 'http://127.0.0.1:3000',
    workerPort: 3001,
    mongodbUri: null,
    temporal: { address: null, namespace: 'default', uiUrl: null },
    mailgun: { url: 'https://api.mailgun.net' },
    mimeTokens: [],
    mimeAuthservId: null,
    platformDomain: 'postroom.test',
    maxPostBytes: 209_715_200,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('an empty value is no value', () => {
  expect(loadConfig({ PORT: '', MONGODB_URI: '', TEMPORAL_UI_URL: '' })).toMatchObject({
    portIsExplicit: false,
    mongodbUri: null,
    temporal: { uiUrl: null },
  });
});

test('values are read as what they mean', () => {
  expect(
    loadConfig({
      PORT: '8080',
      PUBLIC_URL: 'https://mail.example.com/',
      MIME_TOKENS: 'one,two,',
      MIME_AUTHSERV_ID: 'mx.example.com',
      PLATFORM_DOMAIN: 'Mail.Example.COM',
      MAILGUN_URL: 'https://api.eu.mailgun.net/',
      WEBHOOKS_ALLOW_LOOPBACK: '1',
    }),
  ).toMatchObject({
    port: 8080,
    portIsExplicit: true,
    publicUrl: 'https://mail.example.com',
    publicUrlIsExplicit: true,
    mimeTokens: ['one', 'two'],
    mimeAuthservId: 'mx.example.com',
    platformDomain: 'mail.example.com',
    mailgun: { url: 'https://api.eu.mailgun.net' },
    webhooksAllowLoopback: true,
  });
});

test('resolvers: the usual ones, or those that are named, each once', () => {
  const usual = loadConfig({}).dnsServers;
  expect(usual).toEqual([...new Set([...getServers(), '1.1.1.1', '8.8.8.8'])]);
  const dnsServers = '127.0.0.1:5353, 9.9.9.9,[2620:fe::fe]:53,2620:fe::fe,9.9.9.9,';
  expect(loadConfig({ DNS_SERVERS: dnsServers }).dnsServers).toEqual([
    ...['127.0.0.1:5353', '9.9.9.9', '[2620:fe::fe]:53', '2620:fe::fe'],
  ]);
  for (const wrong of [
    'dns.example',
    '1.2.3',
    '1.1.1.1:0',
    '1.1.1.1:65536',
    '[1.1.1.1]:53',
    '1.1.1.1:',
    ',',
    '[::1',
  ])
    expect(() => loadConfig({ DNS_SERVERS: wrong })).toThrow(/DNS_SERVERS must/);
});

test('every fault is reported, in one message', () => {
  const load = () =>
    loadConfig({
      PORT: '70000',
      TEMPORAL_ADDRESS: 'http://localhost',
      MONGODB_URI: 'postgres://x',
      STORAGE_URL: '/data',
      URL_SECRET: 'short',
    });
  expect(load).toThrow(ConfigError);
  for (const name of ['PORT', 'TEMPORAL_ADDRESS', 'MONGODB_URI', 'STORAGE_URL', 'URL_SECRET'])
    expect(load).toThrow(new RegExp(`^  ${name} must `, 'm'));
});

describe('the documentation of the variables', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

  test('.env.example and docs/configuration.md are what `npm run config-docs` writes', () => {
    expect(read('.env.example')).toBe(envExample());
    const page = read('docs/configuration.md');
    expect(page).toBe(withTable(page));
    for (const name of Object.keys(VARIABLES)) expect(page).toContain(`| \`${name}\``);
  });

  test('an empty .env.example changes nothing', () => {
    const variables = [...read('.env.example').matchAll(/^([A-Z0-9_]+)=(.*)$/gm)];
    expect(variables.map(([, name]) => name)).toEqual(Object.keys(VARIABLES));
    expect(variables.map(([, , value]) => value).join('')).toBe('');
  });

  test.each(Object.entries(VARIABLES))('the default of %s is the one that counts', (name, variable) => {
    const schema = Environment.shape[name as VariableName];
    // Where the schema has no default of its own, PORT's is the only one that is a value.
    const counts = schema.parse(undefined) ?? (name === 'PORT' ? loadConfig({}).port : null);
    expect(variable.default === null ? null : schema.parse(variable.default)).toBe(counts);
    if (!variable.default) expect(variable.unset).toBeDefined();
  });
});
