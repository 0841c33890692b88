import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { addTeam, changeTeam, deleteTeam, membersOfTeams } from '../../core/access/teams.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { presentTeam, Team } from '../../core/presenters/team.ts';
import type { TeamRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound, Problem } from '../problem.ts';
import { createdId } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const MAX_NAME_CHARS = 100;
const MAX_MEMBERS = 1_000;
const HAS_ADDRESS = 'An address belongs to the team. Take the address from it first.';

const name = OneLine(MAX_NAME_CHARS).refine((text) => text !== '', 'must not be empty');
const member_ids = z
  .array(z.string('must be the id of a member'), 'must be a list of ids of members')
  .max(MAX_MEMBERS, `must be at most ${MAX_MEMBERS}`)
  .transform((ids) => [...new Set(ids)]);
const NewTeamBody = z.strictObject({ name, member_ids: member_ids.default([]) });
const TeamChangeBody = z.strictObject({ name: name.optional(), member_ids: member_ids.optional() });

/** `teams`: groups of members. An address that is given to one brings mail that its members alone see. */
export function teamRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const find = async ({ params, state }: RouterContext<ApiState>): Promise<TeamRow> => {
    const filter = { _id: params.id, workspace_id: state.user.workspaceId };
    const row = await models.Team.findOne(filter).lean<TeamRow>();
    if (!row) throw notFound();
    return row;
  };
  const show = async (rows: TeamRow[]) => {
    const members = await membersOfTeams(models, rows);
    return rows.map((row) => presentTeam(row, members.get(row._id) ?? []));
  };
  const showOne = async (row: TeamRow) => (await show([row]))[0]!;

  route(
    {
      method: 'GET',
      path: '/teams',
      role: 'member',
      scope: 'read',
      summary: 'List teams',
      query: ListQuery,
      answer: pageOf(Team),
    },
    async (ctx, { query }) => {
      const filter = { workspace_id: ctx.state.user.workspaceId };
      const page = await readPage<TeamRow>(models.Team, filter, query, { order: 'newest first' });
      return { data: await show(page.rows), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'POST',
      path: '/teams',
      role: 'owner',
      scope: 'admin',
      summary: 'Add a team',
      description: 'Give it an address with `team_id` of the address.',
      body: NewTeamBody,
      status: 201,
      answer: Team,
      idempotency: 'answer kept',
    },
    async (ctx, { body }) => {
      const { workspaceId: workspace_id } = ctx.state.user;
      const row = { _id: createdId('team', ctx), workspace_id, name: body.name, created_at: new Date() };
      await addTeam(models, row, body.member_ids);
      return showOne(row);
    },
  );

  route(
    {
      method: 'GET',
      path: '/teams/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read a team',
      answer: Team,
      find,
    },
    (_ctx, { row }) => showOne(row),
  );

  route(
    {
      method: 'PATCH',
      path: '/teams/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Change a team',
      description: 'Who is added sees all that is the team’s, and who is left out none of it, at once.',
      body: TeamChangeBody,
      answer: Team,
      find,
    },
    async (ctx, { row, body }) => {
      await changeTeam(models, row, { name: body.name, memberIds: body.member_ids });
      return showOne(await find(ctx));
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/teams/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Delete a team',
      description: 'Its tickets and conversations stay, seen by nobody.',
      refuses: { 409: HAS_ADDRESS },
      find,
    },
    async (_ctx, { row }) => {
      if (!(await deleteTeam(models, row))) throw new Problem(409, HAS_ADDRESS);
    },
  );
}
