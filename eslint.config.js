import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Import rules keep the parts apart that design and tests rely on being apart. */
const no = (regex, message) => ({ regex, message });

const NODE = no(
  '^(node:|(fs|path|crypto|http|https|net|os|stream|util|worker_threads|child_process)(/|$))',
  'No Node here.',
);
const CLIENTS = no(
  '^(mongoose|mongodb|@temporalio/(client|worker|activity|testing)|@aws-sdk/|koa$|@koa/)',
  'No client here: this part is pure.',
);
const PROVIDERS = no(
  '/providers/(?!index\\.ts|outbound\\.ts|inbound\\.ts|parsers\\.ts|setup\\.ts)',
  'Nothing outside providers/ knows one provider: use src/providers/index.ts.',
);
const imports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only src/config.ts reads the environment.',
};
const NAMES_MAILGUN = 'Only providers/ (and what stands in for it: sandbox/, dev/) may know Mailgun by name.';
const noMailgun = [
  { selector: 'Identifier[name=/mailgun/i]', message: NAMES_MAILGUN },
  { selector: 'Literal[value=/mailgun/i]', message: NAMES_MAILGUN },
  { selector: 'TemplateElement[value.raw=/mailgun/i]', message: NAMES_MAILGUN },
];
const syntax = (...selectors) => ({ 'no-restricted-syntax': ['error', ...selectors] });

export default defineConfig(
  {
    ignores: [
      'dist/',
      'coverage/',
      'node_modules/',
      '.postroom/',
      'test/fixtures/',
      'test/replay/histories/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Numbers, and ids that may be null in a message for a person, read well as they are.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `async` says what a function is, also where an interface asks for it and nothing is awaited.
      '@typescript-eslint/require-await': 'off',
      // Indexed access is checked (noUncheckedIndexedAccess); what a person sees at a glance may be asserted.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // An event listener may be async: what it throws ends the process, and is seen.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      // An empty string often means "none", and then the next choice is right.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Overflows the stack on mongoose's types.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'activities/**/*.ts', 'workflows/**/*.ts'],
    rules: { ...syntax(noEnvironment, ...noMailgun), ...imports(PROVIDERS) },
  },
  // The provider's own code, its stand-in, and the two places that carry its settings.
  {
    files: ['src/providers/**', 'src/sandbox/**', 'src/dev.ts', 'src/dev/**', 'src/cli/**'],
    rules: { ...syntax(noEnvironment), ...imports() },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/email/**/*.ts'],
    rules: imports(CLIENTS, PROVIDERS),
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!@temporalio/workflow$|\\./)',
              allowTypeImports: true,
              message: 'Workflows import @temporalio/workflow, their own folder, and types.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // Tests look into answers whose shape they are there to check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
);
