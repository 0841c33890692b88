/** Limits how many posts to endpoints are under way at once in this process. */
export interface Slots {
  /** @param isFailing the endpoint has accepted none of the recent posts. */
  take(endpoint: string, isFailing: boolean): Slot | NoSlot;
}
/** One post that is under way. */
export interface Slot {
  /** @param answered whether the endpoint answered, with any status; null = nothing was posted. */
  free(answered: boolean | null): void;
}
interface NoSlot {
  /** No slot becomes free before this (ms); 0 = one may become free at any time. */
  waitMs: number;
}

/**
 * For three kinds of endpoints: how many posts one endpoint may have at once (`each`), and which share of all
 * posts this kind and those listed before it may have together. `failing`: fails, or has not answered a post
 * for a while. `unknown`: has not answered any post yet. So endpoints that hang never take the slots that the
 * others need, however many they are.
 */
const LIMITS = {
  failing: { each: 2, share: 0.25 },
  unknown: { each: 4, share: 0.75 },
  answering: { each: 10, share: 1 },
} as const;
const KINDS = ['failing', 'unknown', 'answering'] as const;
type Kind = (typeof KINDS)[number];

/** While a post takes longer than this, its endpoint counts as failing. */
const SLOW_MS = 2_000;
/** How long a post may take (post.ts). */
const POST_TIMEOUT_MS = 15_000;

interface Endpoint {
  isFailing: boolean;
  answers: boolean;
  /** When each post that is under way began. */
  startTimes: number[];
}

/** @param maxPosts posts that may be under way at once. */
export function createSlots(maxPosts: number): Slots {
  const endpoints = new Map<string, Endpoint>();
  const busy = new Set<Endpoint>();

  const kindOf = ({ isFailing, answers, startTimes }: Endpoint): Kind => {
    if (isFailing || startTimes.some((start) => start < performance.now() - SLOW_MS)) return 'failing';
    return answers ? 'answering' : 'unknown';
  };
  const countUpTo = (kind: Kind): number => {
    const kinds = KINDS.slice(0, KINDS.indexOf(kind) + 1);
    const counted = [...busy].filter((endpoint) => kinds.includes(kindOf(endpoint)));
    return counted.reduce((sum, { startTimes }) => sum + startTimes.length, 0);
  };

  return {
    take(id, isFailing) {
      const endpoint = endpoints.get(id) ?? { isFailing, answers: false, startTimes: [] };
      endpoint.isFailing = isFailing;
      const kind = kindOf(endpoint);
      const { each, share } = LIMITS[kind];
      if (endpoint.startTimes.length >= each || countUpTo(kind) >= maxPosts * share)
        return { waitMs: kind === 'failing' ? POST_TIMEOUT_MS : 0 };
      const start = performance.now();
      endpoint.startTimes.push(start);
      endpoints.set(id, endpoint);
      busy.add(endpoint);
      return {
        free(answered) {
          endpoint.startTimes.splice(endpoint.startTimes.indexOf(start), 1);
          endpoint.answers = answered ?? endpoint.answers;
          if (endpoint.startTimes.length === 0) busy.delete(endpoint);
          if (endpoint.startTimes.length === 0 && !endpoint.answers) endpoints.delete(id);
        },
      };
    },
  };
}
