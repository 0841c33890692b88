import { digest } from '../../src/infra/parser/digest.ts';
import { postOf } from '../infra/parser/post.ts';
import { newHouse, type House, type Mail, type Received } from '../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

/** The headers and verdicts of a fixture, as the provider posts it. */
async function marksOf(name: string): Promise<Mail> {
  const post = postOf('mailgun', { mime: `test/fixtures/machines/${name}.eml` });
  const { headers, verdicts, report } = await digest(post);
  return { headers, verdicts, report: report ?? null };
}
const LIST: Mail['headers'] = [['List-Id', 'Users <users.lists.project.test>']];
const SPAM = { spf: 'unknown', dkim: 'unknown', spam: 'fail', spamScore: 8.1 } as const;

const flags = ({ messages: [message] }: Received) =>
  message && { auto_reply: message.auto_reply, list_mail: message.list_mail, spam: message.spam };

test.each([
  ['mailman', { auto_reply: false, list_mail: true, spam: false }, 'List-Id or List-Post'],
  ['foreign-google-group', { auto_reply: false, list_mail: true, spam: false }, 'List-Id or List-Post'],
  ['own-google-group', { auto_reply: false, list_mail: false, spam: false }, null],
  ['spam', { auto_reply: false, list_mail: false, spam: true }, 'the provider’s spam filter'],
  ['vacation', { auto_reply: true, list_mail: false, spam: false }, 'X-Autoreply'],
  ['read-receipt', { auto_reply: true, list_mail: false, spam: false }, 'disposition-notification'],
  ['dmarc-report', { auto_reply: false, list_mail: false, spam: false }, null],
  ['tls-report', { auto_reply: false, list_mail: false, spam: false }, null],
  ['complaint', { auto_reply: false, list_mail: false, spam: false }, null],
])('%s is recorded, with its marks', async (name, expected, rule) => {
  // The group's headers name support@postroom.test.
  await house.addEmail('support@postroom.test');
  const received = await house.receive(await marksOf(name));
  expect(received.row).toMatchObject({ state: 'routed', classified_by: rule });
  expect(flags(received)).toEqual(expected);
  expect(await house.models.Ticket.countDocuments()).toBe(1);
});

test('a group that was an address of this workspace is not a list; one of another workspace is', async () => {
  const headers = (domain: string): Mail['headers'] => [['List-Id', `<support.${domain}>`]];
  await house.addEmail('support@old.test', { deleted_at: new Date(), can_receive: false });
  await house.addEmail('support@other.test', { workspace_id: 'w2' });
  expect(flags(await house.receive({ headers: headers('old.test') }))).toMatchObject({ list_mail: false });
  expect(flags(await house.receive({ headers: headers('other.test') }))).toMatchObject({ list_mail: true });
  const [local, domain] = house.forwarding.split('@');
  const ours: Mail['headers'] = [['List-Id', `<${local}.${domain}>`]];
  expect(flags(await house.receive({ headers: ours }))).toMatchObject({ list_mail: false });
});

test('every rule that fired is kept', async () => {
  const headers: Mail['headers'] = [...LIST, ['Auto-Submitted', 'auto-generated']];
  const received = await house.receive({ headers, verdicts: SPAM });
  expect(received.row.classified_by).toBe('Auto-Submitted; List-Id or List-Post; the provider’s spam filter');
  expect(flags(received)).toEqual({ auto_reply: true, list_mail: true, spam: true });
});

test.each<[string, Mail, string]>([
  ['an ordinary answer', {}, 'open'],
  ['list mail', { headers: LIST }, 'closed'],
  ['spam', { verdicts: SPAM }, 'closed'],
  ['an auto-reply', { headers: [['X-Autoreply', 'yes']] }, 'closed'],
  ['through a group of ours', { headers: [['List-Id', '<support.acme.test>']] }, 'open'],
])('%s to a closed ticket: %s', async (_, mail, expected) => {
  const first = await house.receive({});
  await house.models.Ticket.updateOne(
    { _id: first.row.ticket_id },
    { $set: { status: 'closed', closed_at: new Date(Date.now() - 1_000) } },
  );
  const answer = await house.receive({ in_reply_to: [first.row.mail?.message_id as string], ...mail });
  expect(answer.threads).toEqual(first.threads);
  expect((await house.models.Ticket.findById(first.row.ticket_id).orFail().lean()).status).toBe(expected);
});

test('the same mail through a list and directly: the direct copy opens the ticket again', async () => {
  const first = await house.receive({});
  const close = () =>
    house.models.Ticket.updateOne(
      { _id: first.row.ticket_id },
      { $set: { status: 'closed', closed_at: new Date(Date.now() - 1_000) } },
    );
  const answer: Mail = {
    in_reply_to: [first.row.mail?.message_id as string],
    message_id: '<two@client.test>',
  };
  await close();
  const listed = await house.receive({ ...answer, headers: LIST });
  const direct = await house.receive(answer);
  expect(direct.row.message_ids).toEqual(listed.row.message_ids);
  expect((await house.models.Ticket.findById(first.row.ticket_id).orFail().lean()).status).toBe('open');
});
