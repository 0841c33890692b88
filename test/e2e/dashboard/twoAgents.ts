import type { Page } from 'playwright-core';
import { deskOfSuite } from '../../support/desk.ts';
import { mailIn, messagesOf } from '../../support/outgoing.ts';
import { button, open, write } from './parts.ts';

describe('two agents at once', () => {
  const at = deskOfSuite();

  const openAs = async (name: 'Dana' | 'Olive', subject: string): Promise<Page> => {
    const page = await at.openAs(name);
    await open(page, subject);
    return page;
  };
  const send = (page: Page) => button(page, 'Send').click();

  test('the second answer is stopped, shows what came, and keeps its text', async () => {
    const { path } = await mailIn(at.stack, { subject: 'Who is faster' });
    const [dana, olive] = [await openAs('Dana', 'Who is faster'), await openAs('Olive', 'Who is faster')];
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
    const [dana, olive] = [await openAs('Dana', 'Together here'), await openAs('Olive', 'Together here')];
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
    const dana = await openAs('Dana', 'Dear Dana');
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
