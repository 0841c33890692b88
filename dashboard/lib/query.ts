import { QueryClient } from '@tanstack/react-query';
import { Problem } from './problem.ts';

const TRIES = 4;

/** Rows stay as they are until an event says that they changed (lib/live.ts), so reading again by time is rare. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => error instanceof Problem && error.passes && failures < TRIES,
      retryDelay: (failures, error) =>
        (error instanceof Problem ? error.retryAfterMs : null) ?? Math.min(500 * 2 ** failures, 8_000),
    },
  },
});
