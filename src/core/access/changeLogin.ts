import type { Models, UserRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { isOwnAddress, OWN_FOR_DAYS, receiptOf } from '../platformMail/receivedHere.ts';
import { Unfit } from '../replies/draft.ts';
import { ACCEPTED } from '../../infra/models/workspace.ts';
import { isPassword } from './passwords.ts';

/** The address that a user wants to sign in with. */
interface NewLogin {
  userId: string;
  /** Normalised. */
  email: string;
  password: string;
  platformDomain: string;
}

/**
 * Makes a user's own personal address their login. Links that were mailed to the former address end.
 * @returns false when the password is wrong. @throws Unfit when the address is not theirs, or not for long
 * enough, or another user's login
 */
export async function changeLogin(
  models: Models,
  { userId, email, password, platformDomain }: NewLogin,
): Promise<boolean> {
  const user = await models.User.findById(userId).orFail().lean<UserRow>();
  if (!(await isPassword(user.password_hash, password))) return false;
  await checkOwn(models, { userId, email, platformDomain });
  try {
    const asRead = { _id: userId, password_hash: user.password_hash };
    const { matchedCount } = await models.User.updateOne(asRead, { $set: { email } });
    if (matchedCount === 0) return false;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new Unfit('email', 'is the login of another user');
  }
  await models.PasswordLink.deleteMany({ user_id: userId });
  await models.AccessMail.deleteMany({ email: user.email, kind: 'reset' });
  return true;
}

async function checkOwn(
  models: Models,
  { userId, email, platformDomain }: Omit<NewLogin, 'password'>,
): Promise<void> {
  const { emails } = await receiptOf(models, email, platformDomain);
  const [only] = emails;
  const isOwn = emails.length === 1 && only?.address === email && isOwnAddress(only, userId);
  const member = { workspace_id: only?.workspace_id ?? '', user_id: userId, shut_at: null, ...ACCEPTED };
  if (!isOwn || !(await models.Member.exists(member)))
    throw new Unfit(
      'email',
      `must be your own personal address in one of your workspaces, for at least ${OWN_FOR_DAYS} days`,
    );
}
