/**
 * `npm run openapi`: writes docs/openapi.json, the description that the API itself serves at
 * /api/v1/openapi.json.
 */
import { writeFile } from 'node:fs/promises';
import { createRoutes } from '../src/api/api.ts';
import type { ApiDeps } from '../src/api/deps.ts';
import { newConnection } from '../src/infra/database.ts';
import { createModels } from '../src/infra/models/index.ts';

// Describing calls no handler, so nothing but the configuration and models without a connection is needed.
const deps = {
  models: createModels(newConnection()),
  config: {
    // https: the cookie of a session has the name that it has in production.
    publicUrl: 'https://postroom.example.com',
    urlSecret: '',
    platformDomain: 'example.com',
    apiRequestsPerMinute: 1_000,
  },
} as unknown as ApiDeps;

const file = new URL('../docs/openapi.json', import.meta.url);
await writeFile(file, JSON.stringify(createRoutes(deps).describe(), null, 2));
