/**
 * Who may import whom (docs/architecture.md). `npm run lint` checks it, and `npm run layers` draws
 * docs/layers.md from the code. Type imports count too: a reader who meets a name must follow it, whether it
 * is a type or a value.
 */

/** Each layer, and what it may import besides its own files. What is not listed is forbidden. */
const LAYERS = {
  'src/ingress': ['src/core', 'src/infra', 'src/mail', 'src/lib'],
  'src/api': ['src/sweeps', 'src/core', 'src/infra', 'src/mail', 'src/lib'],
  'src/sweeps': ['src/core', 'src/infra', 'src/mail', 'src/lib'],
  'src/core': ['src/infra', 'src/mail', 'src/lib'],
  'src/infra': ['src/mail', 'src/lib'],
  'src/mail': ['src/lib'],
  'src/lib': [],
  'src/cli': ['src/sweeps', 'src/core', 'src/infra', 'src/mail', 'src/lib'],
  activities: ['src/sweeps', 'src/core', 'src/infra', 'src/mail', 'src/lib'],
  // Types only: eslint.config.js holds that.
  workflows: ['activities', 'src/infra/temporal/runTypes'],
};
const OURS = '^(src|activities|workflows|dev|test|bench|dashboard)/';

/** The same for the parts of the page: one way, app -> features -> what knows nothing of a screen. */
const PAGE = {
  app: ['actions', 'features', 'components', 'lib', 'words'],
  features: ['actions', 'components', 'lib', 'words'],
  actions: ['components', 'lib', 'words'],

  lib: ['words'],
  components: ['lib', 'words'],
  words: [],
};

const layerRules = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `${layer.replace('src/', '')}-imports`,
  comment: `${layer} may import ${allowed.join(', ') || 'nothing of ours'}.`,
  severity: 'error',
  from: { path: `^${layer}/` },
  to: { path: OURS, pathNot: [layer, ...allowed].map((folder) => `^${folder}(/|\\.)`) },
}));

const pageRules = Object.entries(PAGE).map(([part, allowed]) => ({
  name: `page-${part}-imports`,
  comment: `dashboard/${part} may import ${allowed.join(', ') || 'nothing of ours'}.`,
  severity: 'error',
  from: { path: `^dashboard/${part}/` },
  to: { path: OURS, pathNot: [part, ...allowed].map((folder) => `^dashboard/${folder}(/|[.])`) },
}));

export default {
  forbidden: [
    ...layerRules,
    ...pageRules,
    {
      name: 'features-stand-apart',
      comment: 'A feature of the page can be read, and taken away, without the others.',
      severity: 'error',
      from: { path: '^dashboard/features/([^/]+)/' },
      to: { path: '^dashboard/features/', pathNot: '^dashboard/features/$1/' },
    },
    {
      name: 'the-page-stands-alone',
      comment: 'The page knows the product by its API alone, and the product knows nothing of the page.',
      severity: 'error',
      from: { path: OURS, pathNot: '^(dashboard|test|bench)/' },
      to: { path: '^dashboard/' },
    },
    {
      name: 'development-stays-outside',
      comment: 'dev/ is for `npm start`, tests and benches: the product runs without it.',
      severity: 'error',
      from: { path: '^(src|activities|workflows)/' },
      to: { path: '^(dev|test|bench)/' },
    },
    {
      name: 'one-provider-one-folder',
      comment: 'Adding a mail provider touches one folder: nothing outside it knows that provider.',
      severity: 'error',
      from: {
        path: '^(src|activities|workflows)/',
        pathNot: '^src/infra/providers/((index|parsers)[.]ts|[^/]+/)',
      },
      to: { path: '^src/infra/providers/[^/]+/' },
    },
    {
      name: 'local-mailgun-stands-alone',
      comment: 'dev/mailgun is a package of its own in all but name: it imports nothing else of ours.',
      severity: 'error',
      from: { path: '^dev/mailgun/', pathNot: '^dev/mailgun/test/' },
      to: { path: OURS, pathNot: '^dev/mailgun/' },
    },
    {
      name: 'no-circle-of-files',
      comment: 'Two files that need each other are one thing, or a third is missing.',
      severity: 'error',
      from: { path: OURS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'type-import'] } },
    },
    {
      name: 'no-circle-of-folders',
      comment: 'A folder can be understood without those that use it.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    includeOnly: OURS,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
