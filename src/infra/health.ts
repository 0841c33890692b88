/** Rejects when a part cannot be used. */
export type Check = () => Promise<unknown>;

export interface Health {
  /** False makes `/health/ready` 503 even if all checks succeed: not up yet, or shutting down. */
  isServing: () => boolean;
  /** The process cannot work without these: 503 when one is away. */
  needed: Record<string, Check>;
  /** The process works without these; the answer only names their state. */
  wanted: Record<string, Check>;
}

export interface HealthAnswer {
  status: 200 | 503;
  body: Record<string, unknown>;
}

/** A check that takes longer counts as away (ms). */
const ANSWERS_WITHIN_MS = 2_000;

/**
 * `GET /health/live`: 200 as long as the process answers.
 * `GET /health/ready`: 200 when the process can work, else 503; names every part and whether it is `up` or
 * `away`.
 * @returns null for any other path.
 */
export async function answerHealth(path: string, health: Health): Promise<HealthAnswer | null> {
  if (path === '/health/live') return { status: 200, body: { status: 'live' } };
  if (path !== '/health/ready') return null;
  const [needed, wanted] = await Promise.all([statesOf(health.needed), statesOf(health.wanted)]);
  const isReady = health.isServing() && Object.values(needed).every((state) => state === 'up');
  return {
    status: isReady ? 200 : 503,
    body: { status: isReady ? 'ready' : 'not ready', parts: { ...needed, ...wanted } },
  };
}

async function statesOf(checks: Record<string, Check>): Promise<Record<string, 'up' | 'away'>> {
  const states = await Promise.all(
    Object.entries(checks).map(
      async ([name, check]) => [name, (await answersInTime(check)) ? 'up' : 'away'] as const,
    ),
  );
  return Object.fromEntries(states);
}

async function answersInTime(check: Check): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWERS_WITHIN_MS);
  });
  const answered = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answered, timeout]).finally(() => clearTimeout(timer));
}
