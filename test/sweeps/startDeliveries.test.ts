import pino from 'pino';
import type { WebhookDeliveryRow } from '../../src/infra/models/index.ts';
import { createDeliveryStarter } from '../../src/sweeps/startDeliveries.ts';
import { freshModels } from '../support/mongodb.ts';

test('an endpoint is started once for all its new deliveries, with the fairness key of its workspace', async () => {
  const models = await freshModels();
  const rows = ['acme', 'acme', 'other'].map((workspace_id, n) => ({
    _id: `${n} of ${workspace_id}`,
    workspace_id,
    webhook_id: `endpoint of ${workspace_id}`,
    event_id: 'e',
    type: 'ticket.created',
    state: 'pending',
    attempts: [],
    run: 1,
    wants_start: true,
  }));
  await models.WebhookDelivery.create(rows as unknown as WebhookDeliveryRow[]);
  const started: unknown[] = [];
  const starter = createDeliveryStarter({
    models,
    starts: {
      deliverToEndpoint: async ({ id }, fairnessKey) => {
        started.push([id, fairnessKey]);
        return 'started';
      },
    },
    log: pino({ level: 'silent' }),
  });
  await starter.sweep();
  await starter.sweep();
  expect(started.sort()).toEqual([
    ['endpoint of acme', 'acme'],
    ['endpoint of other', 'other'],
  ]);
  await models.connection.close();
});
