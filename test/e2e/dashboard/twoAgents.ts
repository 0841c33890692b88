import type { Page } from 'playwright-core';
import { desk, type Desk } from '../../support/desk.ts';
import { mailIn, messagesOf } from '../../support/outgoing.ts';

describe('two agents at once', () => {
  let at: Desk;
  beforeAll(async () => {
    at = await desk();
  });
  afterEach(() => at.closePages());

  const open = async (name: 'Dana' | 'Olive', subject: string): Promise<Page> => {
    const page = await at.openAs(name);
    await page.getByRole('option', { name: new RegExp(subject) }).click();
    await page.getByRole('article').first().waitFor();
    return page;
  };
  const write = async (page: Page, words: string) => {
    await page.getByRole('button', { name: 'Reply', exact: true }).first().click();
    await page.getByRole('textbox', { name: 'Message', exact: true }).fill(words);
  };
  const send = (page: Page) => page.getByRole('button', { name: 'Send', exact: true }).click();

  test('the second answer is stopped, shows what came, and keeps its text', async () => {
    const { path } = await mailIn(at.stack, { subject: 'Who is faster' });
    const [dana, olive] = [await open('Dana', 'Who is faster'), await open('Olive', 'Who is faster')];
    await write(olive, 'Olive answers.');
    await write(dana, 'Dana answers.');
    await send(dana);
    await dana.getByRole('button', { name: 'Undo', exact: true }).first().waitFor();
    await send(olive);
    const dialog = olive.getByRole('dialog');
    await dialog.getByText('Dana answers.').first().waitFor();
    expect(
      (await messagesOf(at.stack, path)).filter(({ direction }) => direction === 'outbound'),
    ).toHaveLength(1);
    await dialog.getByRole('button', { name: 'Look first' }).click();
    expect(await olive.getByRole('textbox', { name: 'Message', exact: true }).innerText()).toContain(
      'Olive answers.',
    );
  });

  test('each sees that the other reads, and then writes', async () => {
    await mailIn(at.stack, { subject: 'Together here' });
    const [dana, olive] = [await open('Dana', 'Together here'), await open('Olive', 'Together here')];
    await dana.getByText('Olive is reading').waitFor();
    await olive.getByText('Dana is reading').waitFor();
    await write(olive, 'Half a sentence');
    await dana.getByText('Olive is writing').waitFor();
    expect(await olive.getByText('Dana is writing').count()).toBe(0);
    // What she writes is hers until it is sent.
    expect(await dana.getByText('Half a sentence').count()).toBe(0);
    await olive.getByRole('button', { name: 'Discard draft' }).click();
    await dana.getByText('Olive is reading').waitFor();
  });

  test('what one does is seen by the other at once; personal mail is not', async () => {
    const { path } = await mailIn(at.stack, { subject: 'Seen by both' });
    const olive = await at.openAs('Olive');
    await mailIn(at.stack, { subject: 'Dear Dana', to: [at.stack.at('dana')] });
    const dana = await open('Dana', 'Dear Dana');
    await olive.getByRole('option', { name: /Seen by both/ }).waitFor();
    await at.stack.request('PATCH', path, { status: 'closed' });
    for (const page of [olive, dana]) {
      // Rows do not move while the pointer is on the list.
      await page.mouse.move(1000, 500);
      await page.getByRole('option', { name: /Seen by both/ }).waitFor({ state: 'detached' });
    }
    expect(await olive.getByText('Dear Dana').count()).toBe(0);
  });
});
