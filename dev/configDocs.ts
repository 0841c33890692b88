/** `.env.example` and the table of docs/configuration.md, made from src/infra/variables.ts. */
import { VARIABLES, type Variable } from '../src/infra/variables.ts';

const LINE = 110;
const BEGIN =
  '<!-- Written by `npm run config-docs`: change src/infra/variables.ts instead. -->\n' +
  '<!-- prettier-ignore-start -->\n';
const END = '<!-- prettier-ignore-end -->\n';

const HEAD = `# Every variable that Postroom reads. \`npm start\` needs none of them; in production set at least those
# marked with *. Postroom reports all wrong values at once when it starts. Written by
# \`npm run config-docs\` from src/infra/variables.ts.
`;

export function envExample(): string {
  const sections = bySection().map(([section, variables]) => {
    const entries = variables.map(([name, variable]) => `${comment(variable)}\n${name}=\n`);
    return `\n# --- ${section} ---\n${entries.join('')}`;
  });
  return HEAD + sections.join('');
}

/** @param page docs/configuration.md as it is. @returns the page with a new table */
export function withTable(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) throw new Error('docs/configuration.md has lost the marks around its table.');
  return `${page.slice(0, from)}${BEGIN}\n${table()}\n${page.slice(to)}`;
}

function table(): string {
  const rows = bySection().map(([section, variables]) => {
    const lines = variables.map(([name, variable]) => {
      const star = variable.inProduction ? ' \\*' : '';
      const cells = [`\`${name}\`${star}`, defaultOf(variable), variable.readBy.join(', '), variable.meaning];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    });
    const head = '| Variable | Default | Read by | Meaning |\n| --- | --- | --- | --- |';
    return `### ${section}\n\n${head}\n${lines.join('\n')}\n`;
  });
  return rows.join('\n');
}

function bySection(): [section: string, variables: [name: string, variable: Variable][]][] {
  const sections = new Map<string, [string, Variable][]>();
  for (const [name, variable] of Object.entries(VARIABLES))
    sections.set(variable.section, [...(sections.get(variable.section) ?? []), [name, variable]]);
  return [...sections];
}

const defaultOf = ({ default: value, unset }: Variable): string =>
  value ? `\`${value}\`` : (unset ?? 'none');

/** The meaning, and the default on a line of its own, as a comment without Markdown. */
function comment(variable: Variable): string {
  const star = variable.inProduction ? '* ' : '';
  const label = variable.default ? 'Default' : 'When it is not set';
  return [`${star}${variable.meaning}`, `${label}: ${defaultOf(variable)}`].flatMap(wrapped).join('\n');
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.replaceAll('`', '').split(' ')) {
    if (line.length + word.length >= LINE) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
