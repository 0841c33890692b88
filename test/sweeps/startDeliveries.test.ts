import pino from 'pino';
import type { WebhookDeliveryRow } from '../../src/infra/models/index.ts';
import { createDeliveryStarter } from '../../src/sweeps/startDeliveries.ts';
import { freshModels } from '../support/mongodb.ts';

test('deliveries are started with the fairness key of their workspace, and only once', async () => {
  const models = await freshModels();
  const rows = ['acme', 'other'].map((workspace_id) => ({
    _id: `of ${workspace_id}`,
    workspace_id,
    webhook_id: 'w',
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
      deliverWebhook: async ({ id }, fairnessKey) => {
        started.push([id, fairnessKey]);
        return 'started';
      },
    },
    log: pino({ level: 'silent' }),
  });
  await starter.sweep();
  await starter.sweep();
  expect(started.sort()).toEqual([
    ['of acme', 'acme'],
    ['of other', 'other'],
  ]);
  await models.connection.close();
});
