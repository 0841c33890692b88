import fc from 'fast-check';
import { decodeBytes } from '../../src/mail/charset.ts';
import { contentId, fileName, mediaType } from '../../src/mail/files.ts';
import { capText, storable } from '../../src/mail/text.ts';
import { textFromHtml } from '../../src/mail/htmlText.ts';
import iconv from 'iconv-lite';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('capText', () => {
  test('cuts between characters, counted in bytes', () => {
    expect(capText('aé漢😀', 3)).toEqual({ text: 'aé', cut: true });
    expect(capText('aé漢😀', 5)).toEqual({ text: 'aé', cut: true });
    expect(capText('aé漢😀', 6)).toEqual({ text: 'aé漢', cut: true });
    expect(capText('aé漢😀', 10)).toEqual({ text: 'aé漢😀', cut: false });
    expect(capText('a\0\0\0', 2)).toEqual({ text: 'a', cut: false });
  });

  test('what it gives fits, is a start of the whole, and can be stored', () => {
    fc.assert(
      fc.property(anyText, fc.nat(100), (text, bytes) => {
        const capped = capText(text, bytes);
        expect(Buffer.byteLength(capped.text)).toBeLessThanOrEqual(bytes);
        expect(storable(text).startsWith(capped.text)).toBe(true);
        expect(capped.cut).toBe(capped.text !== storable(text));
        expect(capText(capped.text, bytes)).toEqual({ text: capped.text, cut: false });
      }),
      { numRuns: 2_000 },
    );
  });
});

test('storable: valid Unicode without NUL; idempotent', () => {
  expect(storable('a\0b\uD800c\uDC00😀')).toBe('ab\uFFFDc\uFFFD😀');
  fc.assert(
    fc.property(anyText, (text) => {
      const once = storable(text);
      expect(Buffer.from(once).toString()).toBe(once);
      expect(once).not.toContain('\0');
      expect(storable(once)).toBe(once);
    }),
  );
});

describe('textFromHtml', () => {
  test('reads like the mail', () => {
    expect(
      textFromHtml(
        '<h1>Hi</h1><p>Please <b>pay</b> <a href="https://x.test/1">here</a>.</p><ul><li>one</li><li>two</li></ul><img src="cid:x" alt="logo"><script>x()</script>',
      ),
    ).toBe('Hi\n\nPlease pay here [https://x.test/1].\n\n * one\n * two');
  });
  test('never throws', () => {
    fc.assert(fc.property(anyText, (text) => void textFromHtml(`<table><tr><td>${text}`)));
  });
  test.each([
    '<div>',
    '<td>',
    '<table><tr><td>x',
    '<br>',
    '<li>x',
    '<',
    '&',
    '<a href=x>',
    '<!--',
    'a\u00a0 ',
  ])('2 MB of %s', (piece) => {
    expect(typeof textFromHtml(piece.repeat(2_000_000 / piece.length))).toBe('string');
  });
});

describe('decodeBytes', () => {
  const russian = 'Добрый день! Высылаю счёт на оплату за ноябрь.';
  const chinese = '您好，请把十一月的发票发给我，谢谢。';
  const japanese = '請求書を送ってください。よろしくお願いします。';
  test.each([
    ['windows-1251', russian],
    ['windows-1251', 'Привет'],
    ['koi8-r', russian],
    ['gb18030', chinese],
    ['gb18030', '发票请求'],
    ['windows-1252', 'Sehr geehrte Damen und Herren, die Rechnung für die Größe M'],
    ['windows-1252', 'Größe'],
    ['shift_jis', japanese],
    ['iso-2022-jp', japanese],
    ['euc-kr', '안녕하세요. 청구서를 보내 주세요.'],
    ['utf-8', russian],
    ['utf-8', chinese],
  ])('undeclared %s: %s', (charset, text) => {
    const bytes =
      charset === 'iso-2022-jp'
        ? Buffer.from('\x1b$B@A5a=q$rAw$C$F$/$@$5$$!#$h$m$7$/$*4j$$$7$^$9!#\x1b(B', 'latin1')
        : iconv.encode(text, charset);
    expect(decodeBytes(bytes)).toBe(text);
    expect(decodeBytes(bytes, 'us-ascii')).toBe(text);
  });

  test('declared, or declared elsewhere in the mail', () => {
    expect(decodeBytes(iconv.encode(russian, 'koi8-r'), 'KOI8-R')).toBe(russian);
    expect(decodeBytes(iconv.encode('ął', 'iso-8859-2'), null, 'iso-8859-2')).toBe('ął');
    expect(decodeBytes(Buffer.from('Größe'), 'utf8', 'windows-1251')).toBe('Größe');
    expect(decodeBytes(Buffer.from('Größe'), 'no-such-charset')).toBe('Größe');
  });

  test('UTF-8 with a broken byte stays UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from(russian), Buffer.from([0xff]), Buffer.from(russian)]);
    expect(decodeBytes(bytes)).toBe(`${russian}\uFFFD${russian}`);
  });

  test('a byte order mark is no text', () => {
    expect(decodeBytes(Buffer.from('\uFEFFa'))).toBe('a');
    expect(decodeBytes(Buffer.from('\uFEFFab', 'utf16le'))).toBe('ab');
  });

  test('never throws, for any bytes and charset', () => {
    const charset = fc.option(
      fc.oneof(
        fc.string(),
        fc.constantFrom(
          'utf-7',
          'base64',
          'utf-16',
          'iso-2022-jp',
          'gb18030',
          'constructor',
          '__proto__',
          'hex',
        ),
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array(), charset, charset, (bytes, declared, hint) => {
        expect(typeof decodeBytes(Buffer.from(bytes), declared, hint)).toBe('string');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('files', () => {
  test.each([
    ['Größe 請求書.pdf', 'Größe 請求書.pdf'],
    ['C:\\temp\\a.txt', 'a.txt'],
    ['../../etc/passwd', 'passwd'],
    ['a\u202Egpj.exe', 'agpj.exe'],
    ['', 'unnamed.png'],
    ['..', 'unnamed.png'],
    [null, 'unnamed.png'],
    ['a\0\r\nb', 'ab'],
  ])('name %j', (written, expected) => {
    expect(fileName(written, 'image/png')).toBe(expected);
  });
  test('a long name keeps its extension', () => {
    const name = fileName(`${'😀'.repeat(400)}.pdf`, 'application/pdf');
    expect(Array.from(name)).toHaveLength(255);
    expect(name).toMatch(/😀\.pdf$/);
  });
  test('names stay names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (written) => {
        const name = fileName(written, 'text/plain');
        expect(name).not.toMatch(/^$|[\\/\p{Cc}]/u);
        expect(fileName(name, 'text/plain')).toBe(name);
      }),
    );
  });
  test('types and Content-Ids', () => {
    expect(mediaType('Image/PNG; name="x"')).toBe('image/png');
    expect(mediaType('rubbish')).toBe('application/octet-stream');
    expect(contentId(' <a@b> ')).toBe('a@b');
    expect(contentId('<>')).toBeNull();
    expect(contentId(null)).toBeNull();
  });
});
