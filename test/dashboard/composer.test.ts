import { bodyFor } from '../../dashboard/features/composer/body.ts';
import { EMPTY, isBlank, type Draft } from '../../dashboard/features/composer/draft.ts';
import { faultOf } from '../../dashboard/features/composer/fault.ts';
import { fromCids, outgoingHtml, toCids } from '../../dashboard/features/composer/outgoing.ts';
import { signatureOf } from '../../dashboard/features/composer/signatureOf.ts';
import { fillHtml, matching } from '../../dashboard/features/composer/snippetText.ts';
import { startOf } from '../../dashboard/features/composer/start.ts';
import { warningsOf } from '../../dashboard/features/composer/warnings.ts';
import type { Attachment, Thread } from '../../dashboard/lib/rows.ts';
import { message } from './message.ts';
import { textOf, textToHtml } from '../../dashboard/lib/htmlText.ts';
import { hrefOf, URL_BEFORE_SPACE, URLS } from '../../dashboard/features/composer/href.ts';

const draft = (part: Partial<Draft> = {}): Draft => ({
  ...EMPTY,
  to: [{ email: 'ann@client.test', name: 'Ann' }],
  html: '<p>Yes.</p>',
  ...part,
});
const picture = { id: 'f1', content_id: 'c1@picture', filename: 'a.png', size: 1 } as Attachment;

describe('what is sent', () => {
  test('a note has no recipients, and can therefore never become an answer', () => {
    const body = bodyFor(draft({ mode: 'note', mentions: ['u2'] }), {}, 'd1');
    expect(Object.keys(body).sort()).toEqual(['attachments', 'draft', 'html', 'mentions', 'note']);
    expect(body.note).toBe(true);
  });

  test('an answer always says which message was the newest when it was begun', () => {
    expect(bodyFor(draft({ after: 'm3', quote: 'm2' }), {}, null)).toMatchObject({
      after: 'm3',
      quote: 'm2',
      kind: 'reply',
      to: ['Ann <ann@client.test>'],
    });
    expect(bodyFor(draft({ after: 'm3' }), { after: 'm4' }, null).after).toBe('m4');
  });

  test('a signature stands below the text, once, and never below a note', () => {
    const html = bodyFor(draft(), {}, null, '<div>Dana</div>').html as string;
    expect(html).toMatch(/Yes\..*<div data-signature="true"[^>]*><div>Dana<\/div><\/div>$/);
    expect(bodyFor(draft({ isSigned: false }), {}, null, '<div>Dana</div>').html).not.toContain('Dana');
    expect(bodyFor(draft({ mode: 'note' }), {}, null, '<div>Dana</div>').html).not.toContain('Dana');
    expect(signatureOf('a', 'a')).toBe('<div>a</div>');
    expect(signatureOf(null, ' ')).toBeNull();
  });

  test('a forward takes the files of its message along', () => {
    expect(bodyFor(draft({ mode: 'forward', messageId: 'm2' }), {}, null).attachments_of).toBe('m2');
  });

  test('a snippet changes the thread; what the agent chooses while sending comes before it', () => {
    const body = bodyFor(
      draft({ changes: { status: 'pending', priority: 'high' } }),
      { status: 'closed' },
      null,
    );
    expect(body).toMatchObject({ status: 'closed', priority: 'high' });
  });

  test('a later answer is called off by an answer of the customer only if that was asked for', () => {
    const sendAt = new Date('2026-12-01T08:00:00Z');
    expect(bodyFor(draft(), { sendAt, cancelOnReply: true }, null)).toMatchObject({
      send_at: '2026-12-01T08:00:00.000Z',
      cancel_on_reply: true,
    });
    expect(bodyFor(draft(), { sendAt }, null)).not.toHaveProperty('cancel_on_reply');
    expect(bodyFor(draft(), { cancelOnReply: true }, null)).not.toHaveProperty('cancel_on_reply');
  });
});

describe('what keeps it from being sent', () => {
  test('no text, no recipient, a bad address, a file on its way', () => {
    expect(faultOf(draft(), false)).toBeNull();
    expect(faultOf(draft(), true)).not.toBeNull();
    expect(faultOf(draft({ html: '<p> </p>' }), false)).not.toBeNull();
    expect(faultOf(draft({ to: [] }), false)).not.toBeNull();
    expect(faultOf(draft({ cc: [{ email: 'foo', name: '' }] }), false)).not.toBeNull();
    expect(faultOf(draft({ mode: 'note', to: [] }), false)).toBeNull();
  });
});

describe('HTML as mail programs want it', () => {
  test('paragraphs bring no margins, and an empty one is a line', () => {
    expect(outgoingHtml('<p>a</p><p></p><p>b</p>', [])).toBe(
      '<p style="margin:0">a</p><p style="margin:0"><br></p><p style="margin:0">b</p>',
    );
  });

  test('pictures in the text go as parts of the mail, and come back into the editor', () => {
    const shown = '<p><img src="/api/v1/workspaces/w/attachments/f1" alt="a"></p>';
    expect(toCids(shown, [picture])).toBe('<p><img src="cid:c1@picture" alt="a"></p>');
    expect(
      fromCids(toCids(shown, [picture]), [picture], (id) => `/api/v1/workspaces/w/attachments/${id}`),
    ).toBe(shown);
    expect(toCids('<img src="https://x.test/a.png">', [picture])).toBe('<img src="https://x.test/a.png">');
  });

  test('a text of spaces alone is blank; a picture or a file is not', () => {
    expect(isBlank(draft({ html: '<p>&nbsp;</p>' }))).toBe(true);
    expect(isBlank(draft({ html: '<p><img src="x"></p>' }))).toBe(false);
    expect(isBlank(draft({ html: '', files: [picture] }))).toBe(false);
    expect(textOf('<p>a &lt;b&gt;</p><p>c</p>')).toBe('a <b>\nc\n');
  });
});

describe('questions before sending', () => {
  const ask = (part: Partial<Draft>, messages = [message()]) =>
    warningsOf(draft(part), messages[0]!, messages).map(({ kind }) => kind);

  test('an attachment that is only written about', () => {
    expect(ask({ html: '<p>I attached the label.</p>' })).toEqual(['noFile']);
    expect(ask({ html: '<p>Die Rechnung ist im Anhang.</p>' })).toEqual(['noFile']);
    expect(ask({ html: '<p>I attached the label.</p>', files: [picture] })).toEqual([]);
    expect(ask({ html: '<p>Yes.</p>' })).toEqual([]);
  });

  test('addresses that nobody reads', () => {
    for (const email of ['noreply@x.test', 'no-reply@x.test', 'do_not_reply@x.test', 'no-reply+a@x.test'])
      expect(ask({ to: [{ email, name: '' }] })).toEqual(['noreply']);
    expect(ask({ to: [{ email: 'noreplyson@x.test', name: '' }] })).toEqual([]);
  });

  test('somebody who is known only from mail that proves nothing', () => {
    const stranger = message({ id: 's', sender_known: false, from: { email: 'eve@x.test', name: '' } });
    expect(ask({ to: [{ email: 'Eve@x.test', name: '' }] }, [stranger])).toEqual(['stranger']);
    expect(ask({}, [message(), stranger])).toEqual([]);
  });

  test('an answer that would go to another domain than the mail came from', () => {
    const turned = message({ reply_choices: [{ email: 'ann@elsewhere.test', name: '' }] });
    expect(ask({ to: [{ email: 'ann@elsewhere.test', name: '' }] }, [turned])).toEqual(['replyTo']);
    expect(ask({}, [turned])).toEqual([]);
    const list = message({ ...turned, list_mail: true });
    expect(ask({ to: [{ email: 'ann@elsewhere.test', name: '' }] }, [list])).toEqual([]);
  });

  test('a note is asked nothing', () => {
    expect(ask({ mode: 'note', html: '<p>attached</p>' })).toEqual([]);
  });
});

test('placeholders are filled as text, and stay where there is nothing to fill them with', () => {
  const html = '<p>Dear {{contact.first_name}}, {{ ticket.number }} {{agent.name}}</p>';
  expect(fillHtml(html, { 'contact.first_name': '<Ann>', 'ticket.number': '7', 'agent.name': null })).toBe(
    '<p>Dear &lt;Ann&gt;, 7 {{agent.name}}</p>',
  );
  expect(textToHtml('a\n<b>')).toBe('<p>a</p><p>&lt;b&gt;</p>');
});

test('snippets are found by their shortcut before their name', () => {
  const snippets = [
    { name: 'Thanks', shortcut: null },
    { name: 'Refund', shortcut: 'th' },
    { name: 'Other', shortcut: 'x' },
  ];
  expect(matching(snippets, 'th').map(({ name }) => name)).toEqual(['Refund', 'Thanks', 'Other']);
  expect(matching(snippets, 'refu').map(({ name }) => name)).toEqual(['Refund']);
});

test('an answer begins with what the page knows', () => {
  const thread = {
    subject: 'My order',
    contact: { id: 'c', email: 'ann@client.test', name: 'Ann' },
    workspace_email: { id: 'e', address: 'support@postroom.test' },
  } as Thread;
  const start = { thread, messages: [message(), message({ id: 'm2', direction: 'note' })], ours: [] };
  expect(startOf(start, 'reply')).toMatchObject({
    messageId: 'm1',
    quote: 'm1',
    after: 'm2',
    from: 'support@postroom.test',
    to: [{ email: 'ann@client.test', name: 'Ann' }],
    subject: 'Re: My order',
  });
  expect(startOf(start, 'note')).toMatchObject({ to: [], messageId: null, quote: null });
  expect(startOf({ ...start, messages: [] }, 'reply').to).toEqual([
    { email: 'ann@client.test', name: 'Ann' },
  ]);
});

test('what is typed as an address becomes a link; programs of other kinds never do', () => {
  expect(hrefOf('x.test/a')).toBe('https://x.test/a');
  expect(hrefOf('ann@x.test')).toBe('mailto:ann@x.test');
  expect(hrefOf('https://x.test/a?b=c')).toBe('https://x.test/a?b=c');
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'two words', 'word', ''])
    expect(hrefOf(bad)).toBeNull();
  expect('See https://x.test/a, or (www.y.test).'.match(URLS)).toEqual(['https://x.test/a', 'www.y.test']);
  expect(URL_BEFORE_SPACE.exec('at https://x.test/a. ')?.[1]).toBe('https://x.test/a');
  expect(URL_BEFORE_SPACE.exec('at https://x.test/a and ')).toBeNull();
});
