import { recipientsOf, subjectFor } from '../../dashboard/features/composer/recipients.ts';
import { answeredOf } from '../../dashboard/features/composer/start.ts';
import { message } from './message.ts';

const OURS = ['support@postroom.test'];
const ann = { email: 'ann@client.test', name: 'Ann' };
const lars = { email: 'lars@client.test', name: 'Lars' };
const mail = message({ cc: [lars, { email: 'Support@postroom.test', name: '' }] });

test('an answer goes to the sender alone, an answer to all has the others in Cc, never ourselves', () => {
  expect(recipientsOf(mail, 'reply', OURS)).toEqual({ to: [ann], cc: [] });
  expect(recipientsOf(mail, 'reply_all', OURS)).toEqual({ to: [ann], cc: [lars] });
});

test('Reply-To is followed where the server says so, and a person in To gets no copy as well', () => {
  const listed = message({ reply_to: [lars], answers_to: [lars], cc: [lars, ann] });
  expect(recipientsOf(listed, 'reply_all', OURS)).toEqual({ to: [lars], cc: [ann] });
  const other = message({ reply_to: [lars], reply_choices: [lars] });
  expect(recipientsOf(other, 'reply_all', OURS)).toEqual({ to: [ann], cc: [] });
});

test('whom a mail names that is not proved is left to the server', () => {
  const unproved = message({ cc: [lars], authentication: null });
  expect(recipientsOf(unproved, 'reply_all', OURS)).toEqual({ to: [ann], cc: [] });
});

test('after our own message the same people are written to again', () => {
  const own = message({ direction: 'outbound', to: [ann], cc: [lars] });
  expect(recipientsOf(own, 'reply', OURS)).toEqual({ to: [ann], cc: [] });
  expect(recipientsOf(own, 'reply_all', OURS)).toEqual({ to: [ann], cc: [lars] });
});

test('a forward goes to nobody until somebody is chosen', () => {
  expect(recipientsOf(mail, 'forward', OURS)).toEqual({ to: [], cc: [] });
});

test('subjects get their mark once', () => {
  expect(subjectFor('Order', 'reply')).toBe('Re: Order');
  expect(subjectFor('AW: Order', 'reply_all')).toBe('AW: Order');
  expect(subjectFor('Re: Order', 'forward')).toBe('Fwd: Re: Order');
  expect(subjectFor('Fwd: Order', 'forward')).toBe('Fwd: Order');
});

test('what is answered is the chosen message, else the last mail of somebody who takes part', () => {
  const messages = [
    message({ id: 'a' }),
    message({ id: 'b', direction: 'note' }),
    message({ id: 'c', sender_known: false }),
    message({ id: 'd', auto_reply: true }),
  ];
  expect(answeredOf(messages, undefined)?.id).toBe('a');
  expect(answeredOf(messages, 'c')?.id).toBe('c');
  expect(answeredOf(messages, 'b')?.id).toBe('a');
  expect(answeredOf([], undefined)).toBeNull();
});
