import type { ClientSession } from 'mongoose';
import type { MemberRow, Models, TeamRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { Unfit } from '../replies/draft.ts';

/** Makes a team, or finds the one that an earlier try of the request has made. @throws Unfit */
export async function addTeam(models: Models, team: TeamRow, memberIds: string[]): Promise<void> {
  await checkMembers(models, team.workspace_id, memberIds);
  try {
    await models.Team.create(team);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  await setMembers(models, team, memberIds);
}

/** Changes name and members of a team; what is left out stays. @throws Unfit */
export async function changeTeam(
  models: Models,
  team: TeamRow,
  { name, memberIds }: { name?: string | undefined; memberIds?: string[] | undefined },
): Promise<void> {
  const { _id, workspace_id } = team;
  if (memberIds) await checkMembers(models, workspace_id, memberIds);
  if (name !== undefined) await models.Team.updateOne({ _id, workspace_id }, { $set: { name } });
  if (memberIds) await setMembers(models, team, memberIds);
}

/**
 * Deletes a team. What its mail has opened stays, seen by nobody.
 * @returns false while an address belongs to it: its new mail would be seen by nobody too
 */
export async function deleteTeam(models: Models, { _id, workspace_id }: TeamRow): Promise<boolean> {
  return models.connection.transaction(async (session) => {
    const given = { workspace_id, team_id: _id, deleted_at: null };
    if (await models.WorkspaceEmail.findOne(given, { _id: 1 }, { session }).lean()) return false;
    await models.Team.deleteOne({ _id, workspace_id }, { session });
    await models.Member.updateMany(
      { workspace_id, team_ids: _id },
      { $pull: { team_ids: _id } },
      { session },
    );
    return true;
  });
}

/**
 * Writes an address that a team gets. The transaction writes the team's row too, so that of this and a
 * concurrent deletion of the team the later is retried and sees the earlier.
 * @throws Unfit when there is no such team any more
 */
export async function givenToTeam<T>(
  models: Models,
  { workspace_id, team_id }: { workspace_id: string; team_id?: string | null | undefined },
  write: (session?: ClientSession) => Promise<T>,
): Promise<T> {
  if (!team_id) return write();
  return models.connection.transaction(async (session) => {
    const team = { _id: team_id, workspace_id };
    const { matchedCount } = await models.Team.updateOne(team, { $inc: { given: 1 } }, { session });
    if (matchedCount === 0) throw new Unfit('team_id', 'is not a team of this workspace');
    return write(session);
  });
}

/** Who is in each of the teams, by the team's id. */
export async function membersOfTeams(models: Models, teams: TeamRow[]): Promise<Map<string, string[]>> {
  const ids = teams.map(({ _id }) => _id);
  const [workspace_id] = teams.map((team) => team.workspace_id);
  const members = await models.Member.find({ workspace_id, team_ids: { $in: ids } })
    .sort({ user_id: 1 })
    .lean<MemberRow[]>();
  return new Map(
    ids.map((id) => [
      id,
      members.filter(({ team_ids }) => team_ids.includes(id)).map(({ user_id }) => user_id),
    ]),
  );
}

async function checkMembers(models: Models, workspace_id: string, memberIds: string[]): Promise<void> {
  const known = await models.Member.countDocuments({ workspace_id, user_id: { $in: memberIds } });
  if (known < memberIds.length) throw new Unfit('member_ids', 'must be ids of members of this workspace');
}

/** Both in one transaction: of two concurrent changes one sees the other, and none is half done. */
async function setMembers(
  models: Models,
  { _id, workspace_id }: TeamRow,
  memberIds: string[],
): Promise<void> {
  await models.connection.transaction(async (session: ClientSession) => {
    await models.Member.updateMany(
      { workspace_id, team_ids: _id, user_id: { $nin: memberIds } },
      { $pull: { team_ids: _id } },
      { session },
    );
    await models.Member.updateMany(
      { workspace_id, user_id: { $in: memberIds } },
      { $addToSet: { team_ids: _id } },
      { session },
    );
  });
}
