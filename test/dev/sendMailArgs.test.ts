import { readArguments, UsageError } from '../../dev/sendMailArgs.ts';

const read = (...more: string[]) => readArguments(['--from', 'ann@client.test', '--to', 's@x.test', ...more]);

test('send-mail says what Mailgun found about SPF and DKIM: by default that both pass', async () => {
  expect(await read()).toMatchObject({ spf: 'Pass', dkim: 'Pass' });
  expect(await read('--verdict', 'fail')).toMatchObject({ spf: 'Fail', dkim: 'Fail' });
  expect(await read('--verdict', 'none')).toMatchObject({ spf: null, dkim: null });
  expect(await read('--reply-to', 'bob@web.test')).toMatchObject({ reply_to: ['bob@web.test'] });
  await expect(read('--verdict', 'maybe')).rejects.toThrow(UsageError);
});
