import { deskOfSuite } from '../../support/desk.ts';
import { mailIn, messagesOf } from '../../support/outgoing.ts';
import { TOKENS } from '../../support/stack.ts';
import { until } from '../../support/until.ts';
import { button, open, row, text, thread, write } from './parts.ts';

describe('an agent keeps order by the mouse', () => {
  const at = deskOfSuite();

  test('sorts, searches, forwards, schedules and merges', async () => {
    const desktop = await mailIn(at.stack, { subject: 'A desk of oak' });
    const { path } = await mailIn(at.stack, { subject: 'A desk of beech', text: 'With a mahogany drawer.' });
    const page = await at.openAs('Dana');

    // The newest is on top; then, by the order, the oldest.
    const top = () => page.getByRole('option').first().innerText();
    const oldest = async () => {
      const list = await at.stack.api('threads?inbox=true&sort=created_at&limit=1', TOKENS.dana);
      return ((await list.json()) as { data: { subject: string }[] }).data[0]!.subject;
    };
    await row(page, 'A desk of beech').waitFor();
    expect(await top()).toContain('A desk of beech');
    await button(page, 'Order: Newest activity').click();
    await page.getByRole('menuitemcheckbox', { name: 'Oldest first' }).click();
    await until('the oldest to be on top', async () => (await top()).includes(await oldest()));

    await page.getByRole('link', { name: 'Search', exact: true }).click();
    await page.getByRole('searchbox', { name: 'Search' }).fill('mahogany subject:beech');
    await open(page, 'A desk of beech');

    await button(page, 'Forward').first().click();
    const to = page.getByRole('combobox', { name: 'To', exact: true });
    await to.fill('mill@timber.test');
    await to.press('Enter');
    await text(page).fill('Do you have this wood?');
    await button(page, 'Send').click();
    const forwarded = await until('the mail to be forwarded', async () =>
      (await messagesOf(at.stack, path)).find(({ direction }) => direction === 'outbound'),
    );
    expect(forwarded.to).toEqual([expect.objectContaining({ email: 'mill@timber.test' })]);
    await text(page).waitFor({ state: 'detached' });

    await write(page, 'We ask the mill.');
    await button(page, 'More ways to send').click();
    await page.getByRole('menuitem', { name: 'Send later …' }).click();
    await page
      .getByRole('dialog', { name: 'Send later' })
      .getByRole('button', { name: /Tomorrow morning/ })
      .click();
    const scheduled = await until('the answer to be scheduled', async () =>
      (await messagesOf(at.stack, path)).find(({ state }) => state === 'scheduled'),
    );
    expect(new Date(scheduled.send_at!).getTime()).toBeGreaterThan(Date.now());
    await page.getByRole('link', { name: 'Outbox', exact: true }).click();
    await page
      .getByRole('list', { name: 'Outbox' })
      .getByRole('link', { name: /A desk of beech/ })
      .first()
      .click();
    const shown = thread(page).getByRole('article').last().frameLocator('iframe');
    await shown.getByText('We ask the mill.').waitFor();

    await thread(page).getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Merge into …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge into another thread' });
    await dialog.getByRole('textbox').fill('desk of oak');
    await dialog.getByRole('button', { name: /^A desk of oak/ }).click();
    await thread(page)
      .getByRole('heading', { name: /A desk of oak/ })
      .waitFor();
    const texts = (await messagesOf(at.stack, desktop.path)).map((message) => message.text);
    expect(texts.some((words) => words.includes('With a mahogany drawer.'))).toBe(true);
  });
});
