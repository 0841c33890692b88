import fc from 'fast-check';
import type { Headers } from '../../src/mail/headers.ts';
import { isListMail } from '../../src/mail/lists.ts';

const OWN = ['support@acme.test', 'first.last@acme.test', 'jörg@xn--bcher-kva.test'];
const isList = (...headers: Headers) => isListMail(headers, OWN);
const id = (value: string): Headers[number] => ['List-ID', value];
const post = (value: string): Headers[number] => ['list-post', value];

test('a list that is not an address of the workspace', () => {
  expect(isList(id('Users of the <project> <users.lists.project.test>'))).toBe(true);
  expect(isList(post('<mailto:users@lists.project.test>'))).toBe(true);
  expect(isList(post('NO (announcements only)'))).toBe(true);
  expect(isList(post('<https://groups.project.test/post>'))).toBe(true);
  expect(isList(id('users.lists.project.test'))).toBe(true);
  expect(isList(id(''))).toBe(true);
});

test('a group that is an address of the workspace', () => {
  const link = '<https://groups.google.com/a/acme.test/group/support/post>';
  expect(isList(id('<support.acme.test>'), post(`${link}, <mailto:support@acme.test>`))).toBe(false);
  expect(isList(id('"Support" <Support.ACME.test>'))).toBe(false);
  expect(isList(id('<first.last.acme.test>'))).toBe(false);
  expect(isList(post('<mailto:Support@Acme.test?subject=x>'))).toBe(false);
  expect(isList(post('<mailto:support%40acme.test>'))).toBe(false);
  expect(isList(post('<mailto:jörg@bücher.test>'))).toBe(false);
  expect(isList(id('<support.acme.test>'), post('NO'))).toBe(false);
});

test('a foreign list that posts to our group', () => {
  expect(isList(id('<users.lists.project.test>'), id('<support.acme.test>'))).toBe(true);
  expect(isList(id('<support.acme.test>'), post('<mailto:users@lists.project.test>'))).toBe(true);
});

test('other headers make no list', () => {
  expect(
    isList(['List-Unsubscribe', '<mailto:u@x.test>'], ['Precedence', 'list'], ['Mailing-list', 'list x@y']),
  ).toBe(false);
});

test('never throws, and takes linear time', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom('List-Id', 'List-Post'),
          fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<mailto:%zz@x>', '<<<>', '<>')),
        ),
      ),
      (headers) => {
        expect(isListMail(headers, OWN)).toBe(isListMail(headers, OWN));
      },
    ),
  );
  expect(isList(id('<'.repeat(1_000_000)), post('mailto:'.repeat(200_000)))).toBe(true);
});
