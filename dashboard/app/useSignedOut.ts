import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { signedOut } from '../lib/api.ts';
import { queryClient } from '../lib/query.ts';
import { sessionQuery } from '../features/session/session.ts';

/** A 401 anywhere leads to the sign-in page, and from there back to the same URL. */
export function useSignedOut(): void {
  const router = useRouter();
  useEffect(() => {
    const leave = () => {
      const back = router.state.location.href;
      if (back.startsWith('/sign-in')) return;
      queryClient.setQueryData(sessionQuery.queryKey, null);
      void router.navigate({ to: '/sign-in', search: { back, ended: true }, replace: true });
    };
    signedOut.addEventListener('out', leave);
    return () => signedOut.removeEventListener('out', leave);
  }, [router]);
}
