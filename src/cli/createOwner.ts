/**
 * `npm run create-owner -- --workspace <name> --email <address> [--name <name>]`
 *
 * Makes a workspace with its first member, an owner, and prints the owner's token: it is shown once and not kept. With
 * `--workspace-id <id>` the owner joins that workspace instead; a member becomes its owner, and gets a further token.
 */
import { parseArgs } from 'node:util';
import { createApiToken } from '../access/apiTokens.ts';
import { newWorkspace } from '../addresses/newWorkspace.ts';
import { normaliseAddress } from '../email/addresses.ts';
import { createIndexes, type Models } from '../models/index.ts';
import { isDuplicateKey, once } from '../models/once.ts';
import { newId } from '../temporal/ids.ts';
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
  if (!email) throw new OperatorError(`--email must be an address.\n${USAGE}`);
  await createIndexes(models);
  const workspaceId = args['workspace-id']
    ? await existingWorkspace(models, args['workspace-id'])
    : await newWorkspace(models, named(args.workspace), installation().platformDomain);
  const userId = await userWith(models, email, args.name ?? '');
  await once(() =>
    models.Member.updateOne(
      { _id: `${workspaceId}/${userId}` },
      { $set: { workspace_id: workspaceId, user_id: userId, role: 'owner' } },
      { upsert: true },
    ),
  );
  const whole = { name: 'made by the operator', scopes: null, expiresAt: null };
  const { token } = await createApiToken(models, { workspaceId, userId, ...whole });
  console.log(JSON.stringify({ workspace_id: workspaceId, user_id: userId, api_token: token }, null, 2));
});

async function existingWorkspace(models: Models, id: string): Promise<string> {
  if (!(await models.Workspace.exists({ _id: id }))) throw new OperatorError(`There is no workspace ${id}.`);
  return id;
}

function named(name: string | undefined): string {
  if (!name) throw new OperatorError(`--workspace needs a name.\n${USAGE}`);
  return name;
}

/** A person is one user, however many workspaces they own. */
async function userWith(models: Models, email: string, name: string): Promise<string> {
  try {
    const user = await models.User.create({ _id: newId(), email, name, created_at: new Date() });
    return user._id;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await models.User.findOne({ email }, { _id: 1 }).orFail().lean())._id;
  }
}
