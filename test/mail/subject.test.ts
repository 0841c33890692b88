import fc from 'fast-check';
import { replySubject } from '../../src/mail/subject.ts';

test.each([
  ['Order 1042', 'Re: Order 1042'],
  ['Re: Order', 'Re: Order'],
  ['RE: re: AW: Order', 'Re: Order'],
  ['Re[2]: Order', 'Re: Order'],
  ['RE (3): Order', 'Re: Order'],
  ['SV: VS: Beställning', 'Re: Beställning'],
  ['回复：订单', 'Re: 订单'],
  ['答复: 订单', 'Re: 订单'],
  ['Odp: Zamówienie', 'Re: Zamówienie'],
  ['YNT: Sipariş', 'Re: Sipariş'],
  ['Ответ: Заказ', 'Re: Заказ'],
  ['Fwd: Re: Order', 'Re: Fwd: Re: Order'],
  ['Refund: please', 'Re: Refund: please'],
  ['Reorder: 3 boxes', 'Re: Reorder: 3 boxes'],
  ['', 'Re:'],
  ['Re:', 'Re:'],
])('%j is answered with %j', (subject, reply) => {
  expect(replySubject(subject)).toBe(reply);
});

test('a reply to a reply has one prefix, for any subject', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
      const once = replySubject(subject);
      expect(once.startsWith('Re:')).toBe(true);
      expect(replySubject(once)).toBe(once);
    }),
  );
});
