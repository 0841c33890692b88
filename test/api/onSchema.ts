import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Described {
  paths?: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>
  >;
}
type Check = (method: string, path: string, answer: Response) => Promise<void>;

/** Checks answers against the API's own description. @param document OpenAPI 3.1 */
export function onSchema(document: object): Check {
  const { paths = {} } = document as Described;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, 'api');
  // If two templates match, the one with fewer parameters: `/session` is not an id.
  const templates = Object.keys(paths)
    .map((template) => ({ template, like: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}/?$`) }))
    .sort((a, b) => a.template.split('{').length - b.template.split('{').length);
  const compiled = new Map<string, ValidateFunction>();

  return async (method, path, answer) => {
    const { pathname } = new URL(path, 'http://here.test');
    const template = templates.find(({ like }) => like.test(pathname))?.template;
    const operation = template && paths[template]?.[method.toLowerCase()];
    if (!operation) return;
    const about = `${method} ${template}: ${answer.status}`;
    const response = operation.responses[answer.status];
    if (!response) throw new Error(`${about} is not described`);
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    if (type === '' && !response.content) return;
    if (!response.content?.[type] && !Object.keys(response.content ?? {}).includes('*/*'))
      throw new Error(`${about}: ${type} is not described`);
    if (!type.endsWith('json') || !response.content?.[type]) return;
    const pointer = [
      'paths',
      template,
      method.toLowerCase(),
      'responses',
      answer.status,
      'content',
      type,
      'schema',
    ]
      .map((part) => String(part).replace(/~/g, '~0').replace(/\//g, '~1'))
      .map(encodeURIComponent)
      .join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` });
    compiled.set(pointer, validate);
    if (!validate(await answer.clone().json()))
      throw new Error(`${about} is off its schema: ${ajv.errorsText(validate.errors)}`);
  };
}
