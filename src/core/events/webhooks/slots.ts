/** Which posts may be under way at once, in this process. */
export interface Slots {
  /** @param isFailing nothing that was sent to the endpoint lately was taken */
  take(endpoint: string, isFailing: boolean): Taken | Refused;
}
interface Taken {
  /** @param answered whatever the endpoint said, it said something */
  free(answered: boolean): void;
}
interface Refused {
  /** Nothing is free before (ms); 0 = something may be, at any time. */
  waitMs: number;
}

/**
 * What each endpoint may have at once, and all of its kind and of the kinds before it together (a share of all posts): one that fails
 * or has not answered a post for a while, one that has not answered any yet, and one that answers. So those that hang never hold what
 * the others need, however many they are.
 */
const LIMITS = {
  failing: { each: 2, share: 0.25 },
  unknown: { each: 4, share: 0.75 },
  answering: { each: 10, share: 1 },
} as const;
const KINDS = ['failing', 'unknown', 'answering'] as const;
type Kind = (typeof KINDS)[number];

/** A post that takes longer makes its endpoint one that fails, until it is over (ms). */
const SLOW_MS = 2_000;
/** As long as a post may take. */
const WAIT_MS = 15_000;

interface Endpoint {
  isFailing: boolean;
  answers: boolean;
  /** When each post that is under way began. */
  since: number[];
}

/** @param all posts at once */
export function createSlots(all: number): Slots {
  const endpoints = new Map<string, Endpoint>();
  const underWay = new Set<Endpoint>();

  const kindOf = ({ isFailing, answers, since }: Endpoint): Kind => {
    if (isFailing || since.some((began) => began < performance.now() - SLOW_MS)) return 'failing';
    return answers ? 'answering' : 'unknown';
  };
  const takenUpTo = (kind: Kind): number => {
    const kinds = KINDS.slice(0, KINDS.indexOf(kind) + 1);
    return [...underWay].reduce((sum, one) => sum + (kinds.includes(kindOf(one)) ? one.since.length : 0), 0);
  };

  return {
    take(id, isFailing) {
      const endpoint = endpoints.get(id) ?? { isFailing, answers: false, since: [] };
      endpoint.isFailing = isFailing;
      const kind = kindOf(endpoint);
      const { each, share } = LIMITS[kind];
      if (endpoint.since.length >= each || takenUpTo(kind) >= all * share)
        return { waitMs: kind === 'failing' ? WAIT_MS : 0 };
      const began = performance.now();
      endpoint.since.push(began);
      endpoints.set(id, endpoint);
      underWay.add(endpoint);
      return {
        free(answered) {
          endpoint.since.splice(endpoint.since.indexOf(began), 1);
          endpoint.answers = answered;
          if (endpoint.since.length === 0) underWay.delete(endpoint);
          if (endpoint.since.length === 0 && !answered) endpoints.delete(id);
        },
      };
    },
  };
}
