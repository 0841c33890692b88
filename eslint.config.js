import { defineConfig } from 'eslint/config';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Pure code needs no client: who may import whom among our own folders is in .dependency-cruiser.js. */
const NO_CLIENTS = {
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          regex: '^(mongoose|mongodb|@temporalio/(client|worker|activity|testing)|@aws-sdk/|koa$|@koa/)',
          message: 'No client here: this part is pure.',
        },
      ],
    },
  ],
};

const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only src/infra/config.ts, and dev/mailgun/main.ts for itself, read the environment.',
};
const NAMES_MAILGUN = 'Only src/infra/providers/ and dev/ may know Mailgun by name.';
const noMailgun = [
  { selector: 'Identifier[name=/mailgun/i]', message: NAMES_MAILGUN },
  { selector: 'Literal[value=/mailgun/i]', message: NAMES_MAILGUN },
  { selector: 'TemplateElement[value.raw=/mailgun/i]', message: NAMES_MAILGUN },
];
const noGroups = {
  selector: 'ObjectExpression > SpreadElement > ObjectExpression',
  message: 'Write the fields plainly: a spread of a literal switches off the check for unknown fields.',
};
const syntax = (...selectors) => ({ 'no-restricted-syntax': ['error', noGroups, ...selectors] });

const WORDS =
  'Texts stand in dashboard/words, so that all of the page can be read and translated in one place.';
/** What a person reads or hears, written into a component. */
const noText = [
  { selector: 'JSXText[value=/\\p{L}/u]', message: WORDS },
  { selector: 'JSXElement > JSXExpressionContainer > Literal[value=/\\p{L}/u]', message: WORDS },
  {
    selector: 'JSXElement > JSXExpressionContainer > TemplateLiteral > TemplateElement[value.raw=/\\p{L}/u]',
    message: WORDS,
  },
  {
    selector:
      'JSXAttribute[name.name=/^(aria-label|title|placeholder|alt|label|name|hint)$/] > Literal[value=/\\p{L}/u]',
    message: WORDS,
  },
];

export default defineConfig(
  {
    ignores: [
      'dist/',
      'coverage/',
      'node_modules/',
      '.postroom/',
      'test/fixtures/',
      'test/replay/histories/',
      '**/*.gen.d.ts',
    ],
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...syntax(),
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
    rules: syntax(noEnvironment, ...noMailgun),
  },
  // The provider's own code, and the places that carry its settings.
  {
    files: ['src/infra/providers/**', 'src/infra/variables.ts', 'src/cli/**', 'dev/**'],
    rules: syntax(noEnvironment),
  },
  { files: ['src/infra/config.ts', 'dev/mailgun/main.ts', 'dev/mailgun/test/**'], rules: syntax() },
  { files: ['src/mail/**/*.ts', 'src/lib/**/*.ts'], rules: NO_CLIENTS },
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
    files: ['test/**/*.ts', 'bench/**/*.ts', 'dev/mailgun/test/**/*.ts'],
    rules: {
      // Tests look into answers whose shape they are there to check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    files: ['dashboard/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks, 'jsx-a11y': a11y },
    rules: {
      ...hooks.configs.recommended.rules,
      ...a11y.flatConfigs.recommended.rules,
      // Leaves out what is absent, which `exactOptionalPropertyTypes` of a library asks for.
      'no-restricted-syntax': ['error', ...noText],
      '@typescript-eslint/only-throw-error': [
        'error',
        { allow: [{ from: 'package', package: '@tanstack/router-core', name: 'Redirect' }] },
      ],
      // The first field of a form or dialog that was asked for.
      'jsx-a11y/no-autofocus': 'off',
    },
  },
);
