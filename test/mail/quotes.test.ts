import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { sanitiseHtml } from '../../src/mail/html.ts';
import { foldHtml, foldMessage, foldText } from '../../src/mail/quotes.ts';

const folded = (html: string) => foldHtml(sanitiseHtml(html).html);

describe('HTML of mail programs: the answer is shown, and the quote is folded', () => {
  test.each([
    [
      'Gmail',
      '<div dir="ltr">ANSWER</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Ann &lt;<a href="mailto:a@x.test">a@x.test</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">QUOTED <blockquote>older</blockquote></blockquote></div>',
    ],
    [
      'Outlook on the web',
      '<p class="MsoNormal">ANSWER</p><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Ann</div><p>QUOTED</p>',
    ],
    [
      'Outlook for Windows',
      '<div class="WordSection1"><p>ANSWER</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>Von:</b> Ann</p></div></div><p>QUOTED</p></div>',
    ],
    [
      'Outlook for phones',
      '<div>ANSWER</div><div id="ms-outlook-mobile-signature">Get Outlook</div><div id="mail-editor-reference-message-container"><div>QUOTED</div></div>',
    ],
    [
      'Yahoo',
      '<div class="ydp1yahoo-style-wrap"><div>ANSWER</div></div><div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div>On Monday, Ann wrote: QUOTED</div></div>',
    ],
    [
      'Apple Mail',
      'ANSWER<br><div><br><blockquote type="cite"><div>On 3 Nov 2026, at 10:00, Ann wrote:</div><br>QUOTED</blockquote></div>',
    ],
    [
      'Thunderbird',
      '<p>ANSWER</p><div class="moz-cite-prefix">On 3 Nov 2026 Ann wrote:<br></div><blockquote type="cite" cite="mid:x@y"><p>QUOTED</p></blockquote><div class="moz-signature">-- <br>Bo</div>',
    ],
    ['Proton', '<div>ANSWER</div><div class="protonmail_quote">On Monday Ann wrote: QUOTED</div>'],
  ])('%s', (_, html) => {
    const { shown, folds } = folded(html);
    expect(folds).toBe(true);
    expect(shown).toContain('ANSWER');
    expect(shown).not.toMatch(/QUOTED|wrote:|From:|Von:|Get Outlook|Bo/);
    // What is left is closed as it was.
    expect(sanitiseHtml(shown)).toMatchObject({ html: shown });
  });

  test('an answer below the quote is shown as well', () => {
    expect(folded('<blockquote type="cite">QUOTED</blockquote><p>ANSWER</p>').shown).toBe('<p>ANSWER</p>');
  });

  test('answers between the lines stay with what they answer', () => {
    const between =
      '<div class="gmail_quote"><div class="gmail_attr">On Mon, Ann wrote:</div><blockquote class="gmail_quote">One?</blockquote><div>Yes</div><blockquote class="gmail_quote">Two?</blockquote><div>No</div></div>';
    expect(folded(between)).toMatchObject({ folds: false, shown: expect.stringContaining('Two?') });
  });

  test('a mail that is nothing but a quote is shown whole, and so is a forwarded one', () => {
    expect(folded('<br><blockquote type="cite">QUOTED</blockquote>&nbsp;')).toMatchObject({ folds: false });
    const html = sanitiseHtml('<p>FYI</p><blockquote type="cite">QUOTED</blockquote>').html;
    const fold = (subject: string) => foldMessage({ subject, text: '', html }).folds;
    expect(['Fwd: Order', 'WG: Order', 'FW: Order', '转发：订单', 'Re: Order'].map(fold)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test('a line that introduces nothing, and a blockquote of a newsletter, are shown', () => {
    expect(folded('<div class="gmail_attr">---- Forwarded message</div><p>x</p>').folds).toBe(false);
    expect(folded('<p>He said</p><blockquote>we go</blockquote>').folds).toBe(false);
  });
});

describe('plain text', () => {
  const fixture = (name: string) => {
    const mail = readFileSync(`test/fixtures/mails/${name}.eml`, 'latin1').replaceAll('\r\n', '\n');
    return /Content-Type: text\/plain[^]*?\n\n([^]*?)\n--/.exec(mail)![1]!;
  };
  test.each([
    ['Gmail', fixture('gmail-reply'), 'Yes, tomorrow is fine.'],
    ['Outlook', fixture('outlook-reply'), 'That works.\n\nAnn'],
    ['a line over two lines', 'Yes.\n\nOn Mon, Nov 23, 2026 Ann <a@x.test>\nwrote:\n> Old\n> text', 'Yes.'],
    ['German', 'Ja.\n\nAm 3.11.2026 um 10:00 schrieb Ann:\n> Alt', 'Ja.'],
    ['original message', 'Yes.\n\n-----Original Message-----\nFrom: Ann\nOld', 'Yes.'],
    [
      'Outlook without a line',
      'Yes.\n\nFrom: Ann <a@x.test>\nSent: Monday\nTo: Us\nSubject: Old\n\nOld',
      'Yes.',
    ],
    ['an answer below', '> Old\n\nYes.', 'Yes.'],
    ['a signature', 'Yes.\n-- \nAnn\nAcme', 'Yes.'],
  ])('%s', (_, text, shown) => {
    const result = foldText(text);
    expect([result.shown.trim(), result.folds]).toEqual([shown, true]);
  });

  test.each([
    ['nothing is quoted', 'My order 7:\nNot here.'],
    ['answers between the lines', 'Hi 1:\n> One?\nYes.\n> Two?\nNo.'],
    ['nothing but a quote', '> Old\n'],
    ['From in a sentence', 'From: here on it is easy.\nThanks'],
  ])('%s: it is shown whole', (_, text) => {
    expect(foldText(text)).toEqual({ shown: text, folds: false });
  });
});

test('marks stay when HTML is sanitised again, and no others are taken', () => {
  const { html } = sanitiseHtml(
    '<p data-quote="x">a</p><p data-quote="rest">b</p><p class="moz-signature">c</p>',
  );
  expect(html).toBe('<p>a</p><p data-quote="rest">b</p><p data-signature="true">c</p>');
  expect(sanitiseHtml(html).html).toBe(html);
});

const mark = fc.constantFrom(
  ...[
    '<p>',
    '<div class="gmail_attr">',
    '<blockquote type="cite">',
    '<div id="divRplyFwdMsg">',
    '<br>',
    'text',
  ],
  ...[
    '</p>',
    '</div>',
    '</blockquote>',
    '<span class="gmail_signature">',
    '</span>',
    '<img src="http://x/y">',
  ],
);
test('whatever is folded, the rest is complete HTML, and unfolded nothing is missing', () => {
  fc.assert(
    fc.property(fc.array(mark, { maxLength: 30 }), (pieces) => {
      const { html } = sanitiseHtml(pieces.join(''));
      const { shown, folds } = foldHtml(html);
      if (!folds) expect(shown).toBe(html);
      expect((shown.match(/<\w(?![^<>]*\/>)/g) ?? []).length).toBe((shown.match(/<\//g) ?? []).length);
    }),
    { numRuns: 2_000 },
  );
});

test('plain text: what is shown is made of lines of the text', () => {
  const line = fc.constantFrom(
    '> a',
    'b',
    '',
    'On 3 Nov Ann wrote:',
    '-- ',
    '____________',
    'From: x',
    'To: y z',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const text = lines.join('\n');
      const shown = foldText(text).shown.split('\n');
      let at = 0;
      for (const one of lines) if (shown[at] === one) at += 1;
      expect(at).toBeGreaterThanOrEqual(shown.length - 1);
    }),
  );
});

test('2 MB are not folded', () => {
  const text = 'a\n> b\n'.repeat(300_000);
  expect(foldMessage({ subject: '', text, html: null })).toEqual({ shown: text, folds: false });
});

test.each([
  ['quotes', '> a\n1:\n'],
  ['introductions', 'On 1 a\nwrote 2:\n\n'],
  ['rules', '__________\nFrom: a\n'],
  ['spaces', ' '],
  ['line breaks', '\n'],
])('500 KB of %s take no long time', (_, piece) => {
  const start = performance.now();
  foldText(piece.repeat(500_000 / piece.length));
  expect(performance.now() - start).toBeLessThan(4_000);
});

test.each([
  ['quotes', '<blockquote type="cite">a</blockquote>b'],
  ['introductions', '<div class="gmail_attr">a</div>'],
  ['nested quotes', '<blockquote type="cite">'],
])('500 KB of HTML of %s take no long time', (_, piece) => {
  const { html } = sanitiseHtml(piece.repeat(500_000 / piece.length));
  const start = performance.now();
  foldHtml(html);
  expect(performance.now() - start).toBeLessThan(4_000);
});
