import { deskOfSuite } from '../../support/desk.ts';
import { mailIn, messagesOf } from '../../support/outgoing.ts';
import { TOKENS } from '../../support/stack.ts';
import { until } from '../../support/until.ts';
import { button, open, row, text, thread, write } from './parts.ts';

describe('when the connection is lost', () => {
  const at = deskOfSuite();

  const answersIn = async (path: string) =>
    (await messagesOf(at.stack, path)).filter(({ direction }) => direction === 'outbound');
  const draftsWith = async (words: string) => {
    const page = (await (await at.stack.api('drafts', TOKENS.dana)).json()) as { data: { text: string }[] };
    return page.data.filter((draft) => draft.text.includes(words));
  };

  test('in the middle of writing: what is written is kept, also over a closed tab, and saved later', async () => {
    await mailIn(at.stack, { subject: 'Cut while writing' });
    const page = await at.openAs('Dana');
    const context = page.context();
    await open(page, 'Cut while writing');
    await write(page, 'Written before');
    await page.getByText('Saved', { exact: true }).waitFor();
    await context.setOffline(true);
    await page.getByText('You are offline.', { exact: false }).waitFor();
    await text(page).press('End');
    await text(page).pressSequentially(', and after the cut.');
    await page.getByText('Kept in this browser', { exact: true }).waitFor();
    expect(await draftsWith('after the cut')).toEqual([]);
    const url = page.url();
    await page.close();

    await context.setOffline(false);
    const later = await context.newPage();
    later.on('pageerror', (error) => at.errors.push(error.message));
    await later.goto(url);
    await until('the text to be there', async () =>
      (await text(later).innerText()).includes('Written before, and after the cut.'),
    );
    await until('the draft to be saved', async () => (await draftsWith('after the cut')).length === 1);
  });

  test('in the middle of sending: it is sent again by itself, and arrives once', async () => {
    const { path } = await mailIn(at.stack, { subject: 'Cut while sending' });
    const page = await at.openAs('Dana');
    await open(page, 'Cut while sending');
    // The server takes it, and its answer is lost on the way.
    let posts = 0;
    await page.route('**/messages', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      posts += 1;
      if (posts > 1) return route.fallback();
      await route.fetch();
      return route.abort('connectionreset');
    });
    await write(page, 'Sent once.');
    await button(page, 'Send').click();
    await page.getByText('The connection was lost.', { exact: false }).waitFor();
    await until('it to be sent again', () => posts === 2);
    await text(page).waitFor({ state: 'detached' });
    expect(await answersIn(path)).toHaveLength(1);

    // The server never got it.
    await write(page, 'Sent when it was back.');
    await page.context().setOffline(true);
    await button(page, 'Send').click();
    await page.getByText('The connection was lost.', { exact: false }).last().waitFor();
    await text(page).pressSequentially(' Typed too late.');
    expect(await text(page).innerText()).toContain('Sent when it was back.');
    // The next one may be begun already: it is there as soon as this one has gone.
    await button(page, 'Reply').first().click();
    await page.context().setOffline(false);
    await until('the next one to be begun', async () => (await text(page).innerText()).trim() === '');
    const shown = thread(page).getByRole('article').last().frameLocator('iframe');
    await shown.getByText('Sent when it was back.').waitFor();
    const texts = (await answersIn(path)).map((message) => message.text);
    expect(texts.filter((words) => words.startsWith('Sent once.'))).toHaveLength(1);
    expect(texts.filter((words) => words.startsWith('Sent when it was back.'))).toHaveLength(1);
    expect(texts.filter((words) => words.includes('Typed too late.'))).toEqual([]);
  });

  test('web is restarted under the page: the text stays, the list goes on by itself', async () => {
    const { path } = await mailIn(at.stack, { subject: 'Restarted below' });
    const page = await at.openAs('Dana');
    await open(page, 'Restarted below');
    await write(page, 'Begun before');
    await at.stack.stop('web');
    await page.getByText('Live updates are interrupted.', { exact: false }).waitFor();
    await text(page).press('End');
    await text(page).pressSequentially(', ended after.');
    await page.getByText('Kept in this browser', { exact: true }).waitFor();
    await at.stack.startWeb();
    await page.getByText('Live updates are interrupted.', { exact: false }).waitFor({ state: 'detached' });
    await until('the draft to be saved', async () => (await draftsWith('ended after')).length === 1);
    await mailIn(at.stack, { subject: 'Come after the restart' });
    await row(page, 'Come after the restart').waitFor();
    await button(page, 'Send').click();
    await text(page).waitFor({ state: 'detached' });
    const [answer, ...more] = await answersIn(path);
    expect(answer!.text).toMatch(/^Begun before, ended after\./);
    expect(more).toEqual([]);
  });
});
