import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Forgotten } from '../features/session/Forgotten.tsx';
import { NewPassword } from '../features/session/NewPassword.tsx';
import { SignIn } from '../features/session/SignIn.tsx';
import { EndTokens, Join } from '../features/session/UseLink.tsx';
import { base } from '../lib/base.ts';
import type { Kind } from '../lib/rows.ts';
import { Broken, Missing } from './Broken.tsx';
import { filterOf, type ListSearch } from './listSearch.ts';
import { ListScreen } from './ListScreen.tsx';
import { readAhead } from './readAhead.ts';
import { homeOf, requireSession, workspaceOf } from './session.ts';
import { Shell } from './Shell.tsx';
import { ThreadScreen } from './ThreadScreen.tsx';

const root = createRootRoute({ component: Outlet, errorComponent: Broken, notFoundComponent: Missing });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ location }) => {
    const session = await requireSession(location.href);
    throw redirect({
      to: '/w/$workspace/$view',
      params: { workspace: homeOf(session), view: 'inbox' },
      replace: true,
    });
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { back?: string; ended?: boolean } => ({
    ...(typeof search.back === 'string' && { back: search.back }),
    ...(search.ended === true && { ended: true }),
  }),
  component: function SignInScreen() {
    const { back = '/', ended = false } = signIn.useSearch();
    return <SignIn back={back} ended={ended} />;
  },
});
const forgotten = createRoute({ getParentRoute: () => root, path: '/forgotten', component: Forgotten });
const password = createRoute({ getParentRoute: () => root, path: '/password', component: NewPassword });
const join = createRoute({ getParentRoute: () => root, path: '/join', component: Join });
const endTokens = createRoute({ getParentRoute: () => root, path: '/end-tokens', component: EndTokens });

/** Links in mails name a thread and no workspace. */
const linkTo = (kind: Kind) =>
  createRoute({
    getParentRoute: () => root,
    path: `/${kind}s/$id`,
    beforeLoad: async ({
      location,
      params: { id },
    }: {
      location: { href: string };
      params: { id: string };
    }) => {
      const session = await requireSession(location.href);
      const params = { workspace: await workspaceOf(session, { kind, id }), view: 'all', kind, id };
      throw redirect({ to: '/w/$workspace/$view/$kind/$id', params, replace: true });
    },
  });

const workspace = createRoute({
  getParentRoute: () => root,
  path: '/w/$workspace',
  beforeLoad: async ({ location, matches }) => {
    const { params, search } = matches.at(-1)!;
    readAhead(params, search as ListSearch);
    return { session: await requireSession(location.href) };
  },
  component: Shell,
});

const workspaceHome = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$workspace/$view', params: { ...params, view: 'inbox' }, replace: true });
  },
});

const settings = createRoute({
  getParentRoute: () => workspace,
  path: 'settings',
  component: lazyRouteComponent(() => import('./SettingsScreen.tsx')),
});

const list = createRoute({
  getParentRoute: () => workspace,
  path: '$view',
  validateSearch: (search: Record<string, unknown>): ListSearch => filterOf(search),
  component: ListScreen,
});

const thread = createRoute({
  getParentRoute: () => list,
  path: '$kind/$id',
  component: ThreadScreen,
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    forgotten,
    password,
    join,
    endTokens,
    linkTo('ticket'),
    linkTo('conversation'),
    workspace.addChildren([workspaceHome, settings, list.addChildren([thread])]),
  ]),
  basepath: base === '' ? '/' : base,
  defaultPreload: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
