import { deskOfSuite } from '../../support/desk.ts';
import { inState, mailIn, messagesOf, outboxOf } from '../../support/outgoing.ts';
import { sendMail } from '../../support/mails.ts';
import { until } from '../../support/until.ts';
import { button, row, text, thread } from './parts.ts';

describe('an agent answers mail', () => {
  const at = deskOfSuite();

  test('a mail appears by itself, is answered, and the customer’s answer comes into the open thread', async () => {
    const page = await at.openAs('Dana');
    const { message, path } = await mailIn(at.stack, { subject: 'The lamp is broken' });
    await row(page, 'The lamp is broken').click();
    await thread(page).getByRole('article').first().waitFor();

    await button(page, 'Reply').first().click();
    await text(page).fill('We send you a new one.');
    await button(page, 'Send').click();
    const reply = await until('the reply to be stored', async () => {
      const [, second] = await messagesOf(at.stack, path);
      return second;
    });
    expect(reply).toMatchObject({ direction: 'outbound', to: [{ email: 'ann@client.test' }] });
    expect(reply.text).toMatch(/^We send you a new one\.\n\nOn .* wrote:\n> /);
    await inState(at.stack, path, reply.id, 'delivered');
    await outboxOf(at.stack, reply.message_id);
    await thread(page).getByText('Delivered', { exact: false }).first().waitFor();

    await sendMail(at.stack, {
      subject: 'Re: The lamp is broken',
      text: 'Wonderful, thank you.',
      inReplyTo: reply.message_id,
      references: [message.message_id!, reply.message_id],
    });
    await thread(page).getByText('Wonderful, thank you.').waitFor();
  });

  test('an answer that is taken back is a draft again, in a later session too', async () => {
    const page = await at.openAs('Dana');
    const { path } = await mailIn(at.stack, { subject: 'Taken back' });
    await row(page, 'Taken back').click();
    await button(page, 'Reply').first().click();
    await text(page).fill('Not quite what I meant.');
    await button(page, 'Send').click();
    await button(page, 'Undo').first().click();
    await until('the text to be back', async () => (await text(page).innerText()).includes('Not quite'));
    expect((await messagesOf(at.stack, path)).filter(({ state }) => state === 'queued')).toEqual([]);

    const later = await at.openAs('Dana');
    await row(later, 'Taken back').click();
    await until('the draft to be there', async () => (await text(later).innerText()).includes('Not quite'));
  });

  test('a note is stored as a note and sent to nobody', async () => {
    const page = await at.openAs('Dana');
    const { path } = await mailIn(at.stack, { subject: 'Only for us' });
    await row(page, 'Only for us').click();
    await button(page, 'Note').first().click();
    await text(page).fill('She has called twice.');
    await button(page, 'Add note').click();
    await thread(page).getByText('She has called twice.').waitFor();
    const note = await until('the note to be stored', async () => (await messagesOf(at.stack, path))[1]);
    expect(note).toMatchObject({ direction: 'note', text: 'She has called twice.' });
  });

  test('closed by a key, undone, closed again; the customer’s mail opens it', async () => {
    const page = await at.openAs('Dana');
    const { message, path } = await mailIn(at.stack, { subject: 'Open and shut' });
    const status = async () => ((await (await at.stack.api(path)).json()) as { status: string }).status;
    await row(page, 'Open and shut').click();
    await thread(page).getByRole('article').first().waitFor();
    await page.keyboard.press('e');
    await until('it to be closed', async () => (await status()) === 'closed');
    await page.keyboard.press('z');
    await until('it to be open again', async () => (await status()) === 'open');
    await row(page, 'Open and shut').click();
    await button(page, 'Close').first().click();
    await until('it to be closed', async () => (await status()) === 'closed');
    await row(page, 'Open and shut').waitFor({ state: 'detached' });

    await sendMail(at.stack, { subject: 'Re: Open and shut', inReplyTo: message.message_id! });
    await row(page, 'Open and shut').waitFor();
    expect(await status()).toBe('open');
  });
});
