/** Mails made to harm: each as raw MIME, and as the fields and files of a parsed post. */
export interface HostileMail {
  /** Caps that it is over: what its message says was cut, in MIME and in parsed form. */
  cut: { mime: string[]; forward: string[] };
  mime(messageId: string): string | Buffer;
  forward(messageId: string): {
    headers?: [string, string][];
    fields?: [string, string][];
    files?: [string, string][];
  };
}

const head = (messageId: string) =>
  `From: Eve <eve@hostile.test>\r\nMessage-Id: ${messageId}\r\nMIME-Version: 1.0\r\n`;
const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n');

/** A mail with one HTML body. */
const html = (content: () => string, cut = ['html']): HostileMail => ({
  cut: { mime: cut, forward: cut },
  mime: (id) => `${head(id)}Subject: html\r\nContent-Type: text/html\r\n\r\n${content()}`,
  forward: () => ({ fields: [['body-html', content()]] }),
});
/** A mail with these header fields. */
const headers = (fields: () => [string, string][], cut = ['headers']): HostileMail => ({
  cut: { mime: cut, forward: cut },
  mime: (id) =>
    `${head(id)}${fields()
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\nbody`,
  forward: () => ({ headers: fields(), fields: [['body-plain', 'body']] }),
});
/** A multipart mail with these parts. */
const multipart = (messageId: string, parts: string[]): string =>
  `${head(messageId)}Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n` +
  `${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;

const nested = (depth: number): string => {
  const opening = Array.from(
    { length: depth },
    () => 'Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n',
  ).join('');
  return `${opening}Content-Type: text/plain\r\n\r\nat the bottom`;
};
const alternating = (depth: number): string => {
  const levels = Array.from(
    { length: depth },
    (_, n) => `Content-Type: multipart/mixed; boundary=n${n}\r\n\r\n--n${n}\r\n`,
  );
  return `${levels.join('')}Content-Type: text/plain\r\n\r\nat the bottom\r\n`;
};
/** Each line is compared with each of 400 boundaries: no parser ends in time. */
const endless = (): string => {
  const boundary = 'b'.repeat(60);
  const levels = Array.from(
    { length: 400 },
    (_, n) => `Content-Type: multipart/mixed; boundary=${boundary}${n}\r\n\r\n--${boundary}${n}\r\n`,
  );
  return `${levels.join('')}\r\n${`--${'b'.repeat(62)}\r\n`.repeat(900_000)}`;
};

const INJECTED = 'Hello\r\nBcc: everybody@victim.test\r\n\r\n<script>alert(1)</script>';
const encodedWord = `=?utf-8?B?${Buffer.from(INJECTED).toString('base64')}?=`;
const ZEROS = () => Buffer.alloc(20_000_000, '0');

export const hostileMails: Record<string, HostileMail> = {
  '300,000 nested elements': html(() => '<div>'.repeat(300_000) + 'deep'),
  '300,000 nested elements of many kinds': html(() => '<b><i><span><p><ul><li>'.repeat(50_000) + 'deep'),
  '20 MB of tables': html(() => `<table>${'<tr><td>x</td><td>y</td></tr>'.repeat(720_000)}</table>`),
  '1,000,000 entities': html(() => '&amp;&#0;&nbsp;&'.repeat(250_000)),
  'an attribute of 4 MB': html(() => `<p title="${'x '.repeat(2_000_000)}">end</p>`),
  '10,000 headers': headers(() =>
    Array.from({ length: 10_000 }, (_, n): [string, string] => [`X-Field-${n}`, 'value']),
  ),
  'a header line of 1 MB': headers(() => [['X-Long', 'long '.repeat(200_000)]]),
  'a subject of 1 MB': headers(() => [['Subject', 'long '.repeat(200_000)]]),
  '50,000 recipients': headers(() => [
    ['To', Array.from({ length: 50_000 }, (_, n) => `p${n}@x.test`).join(', ')],
  ]),
  'header injection': {
    cut: { mime: [], forward: [] },
    mime: (id) =>
      multipart(id, [
        'Content-Type: text/plain\r\n\r\nbody',
        `Content-Type: text/plain; name="${encodedWord}"\r\nContent-Disposition: attachment; filename="${encodedWord}"\r\n\r\nfile`,
      ]).replace('Subject: parts', `Subject: ${encodedWord}\r\nReply-To: ${encodedWord} <r@hostile.test>`),
    forward: () => ({
      headers: [
        ['Subject', INJECTED],
        ['Reply-To', `"${INJECTED}" <r@hostile.test>`],
        ['X-Name\r\nBcc', 'x'],
      ],
      fields: [
        ['body-plain', 'body'],
        ['Subject', INJECTED],
      ],
      files: [[INJECTED, 'file']],
    }),
  },
  '__proto__ everywhere': {
    cut: { mime: [], forward: [] },
    mime: (id) =>
      multipart(id, [
        'Content-Type: text/plain\r\n\r\nbody',
        'Content-Type: __proto__/constructor; name=__proto__\r\nContent-Id: <__proto__>\r\n\r\nfile',
      ]).replace(
        'MIME-Version',
        '__proto__: x\r\nconstructor: y\r\nprototype: z\r\ntoString: a\r\nMIME-Version',
      ),
    forward: () => ({
      headers: ['__proto__', 'constructor', 'prototype', 'toString'].map((name) => [
        name,
        '{"polluted":true}',
      ]),
      fields: [
        ...['__proto__', 'constructor', 'hasOwnProperty', '__proto__[polluted]'].map(
          (name): [string, string] => [name, 'true'],
        ),
        ['content-id-map', '{"__proto__":{"polluted":true},"<__proto__>":"attachment-1"}'],
        ['body-plain', 'body'],
      ],
      files: [['__proto__', 'file']],
    }),
  },
  '500 parts': {
    cut: { mime: ['parts'], forward: ['parts'] },
    mime: (id) =>
      multipart(
        id,
        Array.from(
          { length: 500 },
          (_, n) =>
            `Content-Type: text/plain; name=${n}.txt\r\nContent-Disposition: attachment\r\n\r\nfile ${n}`,
        ),
      ),
    forward: () => ({ files: Array.from({ length: 500 }, (_, n) => [`${n}.txt`, `file ${n}`]) }),
  },
  'MIME in MIME, 200 deep': {
    cut: { mime: [], forward: [] },
    mime: (id) => head(id) + nested(200),
    forward: () => ({ fields: [['body-plain', 'see inside']], files: [['inner.eml', nested(199)]] }),
  },
  'multipart in multipart, 2,000 deep': {
    cut: { mime: ['parts'], forward: [] },
    mime: (id) => head(id) + alternating(2_000),
    forward: () => ({ fields: [['body-plain', 'see inside']], files: [['inner.eml', alternating(1_999)]] }),
  },
  'base64 that swells': {
    cut: { mime: ['text'], forward: ['text'] },
    mime: (id) =>
      multipart(id, [
        `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(ZEROS())}`,
        `Content-Type: application/zip; name=bomb.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(ZEROS())}`,
      ]),
    forward: () => ({
      fields: [['body-plain', ZEROS().toString()]],
      files: [['bomb.zip', ZEROS().toString()]],
    }),
  },
  'a mail that no parser ends': {
    cut: { mime: ['everything but the headers'], forward: [] },
    mime: (id) => head(id) + endless(),
    forward: () => ({ fields: [['body-plain', 'see inside']], files: [['inner.eml', endless()]] }),
  },
};
