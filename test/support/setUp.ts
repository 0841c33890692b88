import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { Deps } from '../../activities/deps.ts';
import { createSetUpActivities, type SetUpActivities } from '../../activities/index.ts';
import { addEmail, type WantedEmail } from '../../src/core/addresses/addEmail.ts';
import { proofOf } from '../../src/core/addresses/proof.ts';
import type { AddressProofRow, WorkspaceEmailRow } from '../../src/infra/models/index.ts';
import { createOutbound } from '../../src/infra/providers/index.ts';
import { startLocalMailgun, type LocalMailgun } from '../../dev/mailgun/index.ts';
import { createStorage } from '../../src/infra/storage/createStorage.ts';
import { newHouse, WORKSPACE, type House } from './house.ts';
import { until } from './until.ts';

/** A house whose set-up steps send through a local Mailgun. */
export interface SetUpHouse {
  house: House;
  sandbox: LocalMailgun;
  steps: SetUpActivities;
  deps: Deps;
  /** Mails that were rerun, and runs that were woken. */
  asked: { rerun: string[]; wake: string[] };
  add(
    address: string,
    more?: Partial<WantedEmail>,
  ): Promise<{ email: WorkspaceEmailRow; proof: AddressProofRow }>;
  read(email: { _id: string }): Promise<{ email: WorkspaceEmailRow; proof: AddressProofRow }>;
  /** The mails that were delivered to this address, oldest first; waits for `count` of them. */
  mails(to: string, count: number): Promise<string[]>;
  close(): Promise<void>;
}

const API_KEY = 'key-test-api';

export async function newSetUpHouse(more: Partial<Deps> = {}): Promise<SetUpHouse> {
  const [house, root] = await Promise.all([newHouse(), mkdtemp(path.join(os.tmpdir(), 'set-up-'))]);
  const { models } = house;
  const sandbox = await startLocalMailgun({
    port: 0,
    webhookUrl: 'http://127.0.0.1:9',
    signingKey: 'k',
    apiKey: API_KEY,
  });
  const mailgun = {
    apiKey: API_KEY,
    signingKey: 'k',
    url: sandbox.url,
    signatureHours: 12,
    timeoutMs: 10_000,
  };
  const asked: SetUpHouse['asked'] = { rerun: [], wake: [] };
  const deps = {
    models,
    storage: await createStorage({ url: `file:${root}`, s3Endpoint: null }),
    outbound: createOutbound({ mailgun }),
    platformDomain: 'postroom.test',
    rerun: async (id: string) => {
      asked.rerun.push(id);
      return { result: 'started', workflowId: '', run: 2 } as const;
    },
    wake: async (id: string) => void asked.wake.push(id),
    log: pino({ level: 'silent' }),
    ...more,
  } as unknown as Deps;
  const read: SetUpHouse['read'] = async ({ _id }) => {
    const email = await models.WorkspaceEmail.findById(_id).orFail().lean<WorkspaceEmailRow>();
    return { email, proof: (await proofOf(models, email))! };
  };
  return {
    house,
    sandbox,
    deps,
    asked,
    read,
    steps: createSetUpActivities(deps),
    async add(address, wanted = {}) {
      const kind = 'forwarding' as const;
      const email = await addEmail(
        { models, platformDomain: 'postroom.test' },
        {
          workspaceId: WORKSPACE,
          address,
          displayName: '',
          purpose: 'ticket',
          userId: null,
          teamId: null,
          kind,
          sharedForwarding: null,
          ...wanted,
        },
      );
      return read(email);
    },
    async mails(to, count) {
      const mails = await until(`${count} mails to ${to}`, () => {
        const received = sandbox.outbox.filter((mail) => mail.recipient === to);
        return received.length >= count && received;
      });
      return Promise.all(mails.toReversed().map((mail) => readFile(mail.emlFile, 'utf8')));
    },
    async close() {
      await sandbox.close();
      await house.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The code of a mail that was sent. */
export const codeIn = (mail: string): string => /^ {4}(\d{6})\r?$/m.exec(mail)![1]!;
