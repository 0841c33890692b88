/**
 * `npm run create-owner -- --workspace <name> --email <address> [--name <name>]`
 *
 * Creates a workspace with its first member, an owner. Prints the owner's token and, when the owner has no
 * password, a link to set one; neither can be shown again. With `--workspace-id <id>` the owner joins that
 * workspace instead; an existing member becomes an owner, and gets a further token.
 */
import { parseArgs } from 'node:util';
import { createApiToken } from '../core/access/apiTokens.ts';
import { acceptMembership, addMember, changeRole, checkLogin, userWith } from '../core/access/members.ts';
import { newPasswordLink } from '../core/access/passwordLinks.ts';
import { Unfit } from '../core/replies/draft.ts';
import { newWorkspace } from '../core/addresses/newWorkspace.ts';
import { normaliseAddress } from '../mail/addresses.ts';
import { migrate } from '../infra/migrations/migrate.ts';
import type { Models } from '../infra/models/index.ts';
import { installation, operate, OperatorError } from './operator.ts';

const USAGE =
  'npm run create-owner -- --workspace <name> --email <address> [--name <name>] [--workspace-id <id>]';

function readArguments() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ options: { workspace: text, 'workspace-id': text, email: text, name: text } }).values;
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

await operate(async (models) => {
  const args = readArguments();
  const email = normaliseAddress(args.email ?? '');
  if (!email) throw new OperatorError(`--email must be an email address.\n${USAGE}`);
  // This may be the first command of a new installation: without unique indexes it could create an owner
  // twice.
  await migrate(models.connection, (line) => console.error(line));
  if (!(await models.User.exists({ email }))) await checkNewLogin(models, email);
  const workspaceId = args['workspace-id']
    ? await existingWorkspace(models, args['workspace-id'])
    : await newWorkspace(models, requiredName(args.workspace), installation().platformDomain);
  const user = await userWith(models, email, args.name ?? '');
  const userId = user._id;
  // Somebody else may know a password of an address that was never proved: its user accepts by a link.
  const pending = user.password_hash !== null && user.proved_at === null;
  if (!(await addMember(models, workspaceId, user, { role: 'owner', pending, name: args.name ?? '' })))
    await changeRole(models, workspaceId, userId, 'owner');
  if (!pending)
    await models.connection.transaction((session) => acceptMembership(models, workspaceId, userId, session));
  const fullAccess = { name: 'made by the operator', scopes: null, expiresAt: null };
  const { token } = await createApiToken(models, { workspaceId, userId, ...fullAccess });
  // The operator may do everything, so this link counts like one that was mailed.
  const { publicUrl } = installation();
  const link =
    user.password_hash !== null && !pending
      ? null
      : await newPasswordLink(models, { userId, shownTo: null, accepts: workspaceId, publicUrl });
  const created = {
    workspace_id: workspaceId,
    user_id: userId,
    api_token: token,
    password_url: link?.url ?? null,
  };
  console.log(JSON.stringify(created, null, 2));
});

async function checkNewLogin(models: Models, email: string): Promise<void> {
  try {
    await checkLogin(models, email, installation().platformDomain);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    throw new OperatorError(`--email ${error.message}.`);
  }
}

async function existingWorkspace(models: Models, id: string): Promise<string> {
  if (!(await models.Workspace.exists({ _id: id }))) throw new OperatorError(`There is no workspace ${id}.`);
  return id;
}

function requiredName(name: string | undefined): string {
  if (!name) throw new OperatorError(`--workspace needs a name.\n${USAGE}`);
  return name;
}
