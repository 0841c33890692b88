import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { keys } from '../../lib/keys.ts';
import { threadsPage } from '../../lib/threadsPage.ts';

const MOST = 5;

/** The first threads that some words find, for the palette. */
export const foundQuery = (workspace: string, words: string) =>
  queryOptions({
    queryKey: [...keys.workspace(workspace), 'found', words],
    enabled: words.length > 1,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => (await threadsPage(workspace, { q: words, limit: MOST }, signal)).data,
  });
