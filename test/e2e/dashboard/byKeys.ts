import type { Page } from 'playwright-core';
import type { MessageRow } from '../../../src/infra/models/index.ts';
import { deskOfSuite } from '../../support/desk.ts';
import { sendMail } from '../../support/mails.ts';
import { mailIn, messagesOf } from '../../support/outgoing.ts';
import { TOKENS } from '../../support/stack.ts';
import { until } from '../../support/until.ts';
import { pressTo, row, text, thread, toHaveKeyboard } from './parts.ts';

describe('the day of an agent, by keys alone', () => {
  const at = deskOfSuite();

  /** A page that has no mouse: whatever would use it fails. */
  const openWithoutMouse = async (): Promise<Page> => {
    const page = await at.openAs('Dana');
    page.on('console', (message) => {
      if (message.text() === 'mouse') at.errors.push('the mouse was used');
    });
    await page.evaluate(`addEventListener('mousedown', () => console.log('mouse'), true)`);
    return page;
  };
  const press = async (page: Page, ...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** The row that the keyboard is on. */
  const activeRow = (page: Page) =>
    page.evaluate<string>(
      `document.getElementById(document.querySelector('[role="listbox"]')?.getAttribute('aria-activedescendant') ?? '')?.textContent ?? ''`,
    );
  /** Down the list; from its end up. */
  const walkTo = async (page: Page, subject: string) => {
    let [key, before] = ['j', ''];
    for (let steps = 0; steps < 80; steps += 1) {
      const now = await activeRow(page);
      if (now.includes(subject)) return;
      if (now === before) key = 'k';
      before = now;
      await press(page, key);
    }
    throw new Error(`the keyboard does not come to ${subject}`);
  };
  const ticket = async (path: string) =>
    (await (await at.stack.api(path)).json()) as {
      status: string;
      agent_id: string | null;
      tags: string[];
      priority: string;
    };
  const becomes = (path: string, wanted: object) =>
    until(`${path} to be ${JSON.stringify(wanted)}`, async () => {
      const row = await ticket(path);
      return Object.entries(wanted).every(
        ([field, value]) => JSON.stringify(row[field as keyof typeof row]) === JSON.stringify(value),
      );
    });
  const write = async (page: Page, key: 'r' | 'n', words: string) => {
    await press(page, key);
    await toHaveKeyboard(page, text(page));
    await page.keyboard.type(words);
    await press(page, 'Control+Enter');
    await text(page).waitFor({ state: 'detached' });
  };

  test('reads, answers, takes back, notes, assigns, tags, closes; the customer’s mail opens it', async () => {
    const { message, path } = await mailIn(at.stack, { subject: 'The keyed lamp' });
    const page = await openWithoutMouse();
    await row(page, 'The keyed lamp').waitFor();
    await walkTo(page, 'The keyed lamp');
    await press(page, 'Enter');
    await thread(page).getByRole('article').first().waitFor();

    await write(page, 'r', 'It comes on Thursday.');
    await page.getByRole('button', { name: 'Undo', exact: true }).first().waitFor();
    await press(page, 'z');
    await until('the text to be back', async () => (await text(page).innerText()).includes('Thursday'));
    await toHaveKeyboard(page, text(page));
    await press(page, 'Control+Enter');
    await text(page).waitFor({ state: 'detached' });
    const sent = await until('the answer to be stored', async () =>
      (await messagesOf(at.stack, path)).find(
        ({ direction, state }) => direction === 'outbound' && state !== 'cancelled',
      ),
    );
    expect(sent).toMatchObject({ state: 'queued', to: [{ email: 'ann@client.test' }] });

    await write(page, 'n', 'She has called.');
    await thread(page).getByText('She has called.').waitFor();
    await press(page, 's');
    await page.getByRole('combobox', { name: 'Find a colleague' }).waitFor();
    await page.keyboard.type('Olive');
    await press(page, 'Enter');
    await becomes(path, { agent_id: 'user-olive' });
    await press(page, 'm');
    await becomes(path, { agent_id: 'user-dana' });
    await press(page, 't');
    await page.getByRole('combobox', { name: 'Find or write a tag' }).waitFor();
    await page.keyboard.type('lamps');
    await press(page, 'Enter', 'Escape');
    await becomes(path, { tags: ['lamps'] });
    await press(page, 'p');
    await page.getByRole('option', { name: 'Urgent' }).waitFor();
    await press(page, 'Enter');
    await becomes(path, { priority: 'urgent' });

    await press(page, 'e');
    await becomes(path, { status: 'closed' });
    await press(page, 'z');
    await becomes(path, { status: 'open' });
    await press(page, 'g', 'i');
    await walkTo(page, 'The keyed lamp');
    await press(page, 'e');
    await becomes(path, { status: 'closed' });
    await row(page, 'The keyed lamp').waitFor({ state: 'detached' });
    await sendMail(at.stack, {
      subject: 'Re: The keyed lamp',
      inReplyTo: sent.message_id,
      references: [message.message_id!, sent.message_id],
    });
    await row(page, 'The keyed lamp').waitFor();
  });

  test('searches, forwards, schedules, merges, and writes first', async () => {
    const shade = await mailIn(at.stack, { subject: 'The keyed shade' });
    const { path } = await mailIn(at.stack, { subject: 'The keyed socket', text: 'It is made of bakelite.' });
    const page = await openWithoutMouse();
    await press(page, '/');
    await page.getByRole('searchbox', { name: 'Search' }).waitFor();
    await page.keyboard.type('bakelite from:ann');
    await row(page, 'The keyed socket').waitFor();
    await press(page, 'Enter', 'j', 'Enter');
    await thread(page).getByText('bakelite').first().waitFor();

    await press(page, 'f');
    await toHaveKeyboard(page, page.getByRole('combobox', { name: 'To', exact: true }));
    await page.keyboard.type('lars@workshop.test,');
    await pressTo(page, 'Tab', text(page));
    await page.keyboard.type('Have you seen one?');
    await press(page, 'Control+Enter');
    const forwarded = await until('the mail to be forwarded', async () =>
      (await messagesOf(at.stack, path)).find(({ direction }) => direction === 'outbound'),
    );
    expect(forwarded.to).toEqual([expect.objectContaining({ email: 'lars@workshop.test' })]);
    expect(forwarded.text).toMatch(/^Have you seen one\?\n[^]*bakelite/);
    await text(page).waitFor({ state: 'detached' });

    await press(page, 'r');
    await toHaveKeyboard(page, text(page));
    await page.keyboard.type('We look for one.');
    await pressTo(page, 'Tab', page.getByRole('button', { name: 'More ways to send' }));
    await press(page, 'Enter');
    await pressTo(page, 'ArrowDown', page.getByRole('menuitem', { name: 'Send later …' }));
    await press(page, 'Enter');
    const dialog = page.getByRole('dialog', { name: 'Send later' });
    await toHaveKeyboard(page, dialog.getByRole('listitem').first().getByRole('button'));
    await pressTo(page, 'Tab', dialog.getByRole('button', { name: /In a week/ }));
    await press(page, 'Enter');
    await until('the answer to be scheduled', async () =>
      (await messagesOf(at.stack, path)).find(({ state }) => state === 'scheduled'),
    );
    await press(page, 'g', 'o');
    await page.getByRole('list', { name: 'Outbox' }).getByText('The keyed socket').first().waitFor();

    await press(page, 'g', 'i');
    await row(page, 'The keyed socket').waitFor();
    await press(page, 'Shift+O');
    await pressTo(page, 'ArrowDown', page.getByRole('menuitemcheckbox', { name: 'Newest first' }));
    await press(page, 'Enter');
    await page.getByRole('button', { name: 'Order: Newest first' }).waitFor();
    await press(page, 'l');
    await page.getByRole('combobox', { name: 'Filter the list' }).fill('Pending');
    await press(page, 'Escape');
    await row(page, 'The keyed socket').waitFor();
    await walkTo(page, 'The keyed socket');
    await press(page, 'Enter');
    await thread(page).getByRole('article').first().waitFor();
    await press(page, 'Control+k');
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    await page.keyboard.type('merge');
    await press(page, 'Enter');
    const merge = page.getByRole('dialog', { name: 'Merge into another thread' });
    await merge.waitFor();
    await page.keyboard.type('keyed shade');
    const into = merge.getByRole('button', { name: /^The keyed shade/ });
    await into.waitFor();
    await pressTo(page, 'Tab', into);
    await press(page, 'Enter');
    await thread(page)
      .getByRole('heading', { name: /The keyed shade/ })
      .waitFor();
    const texts = (await messagesOf(at.stack, shade.path)).map((message) => message.text);
    expect(texts.filter((words) => words.includes('It is made of bakelite.'))).not.toEqual([]);

    await press(page, 'c');
    await page.getByRole('dialog', { name: 'New message' }).waitFor();
    await toHaveKeyboard(page, page.getByRole('combobox', { name: 'To', exact: true }));
    await page.keyboard.type('yuki@tanaka.test,');
    await pressTo(page, 'Tab', page.getByRole('textbox', { name: 'Subject' }));
    await page.keyboard.type('We write first');
    await pressTo(page, 'Tab', text(page));
    await page.keyboard.type('Do you still need a lamp?');
    await press(page, 'Control+Enter');
    const first = await until('the mail to be stored', () =>
      at.stack.models.Message.findOne({ subject: 'We write first' }).lean<MessageRow>(),
    );
    expect(first.to).toEqual([expect.objectContaining({ email: 'yuki@tanaka.test' })]);
    const drafts = (await (await at.stack.api('drafts', TOKENS.dana)).json()) as {
      data: { subject: string }[];
    };
    expect(drafts.data.filter(({ subject }) => subject === 'We write first')).toEqual([]);
  });
});
