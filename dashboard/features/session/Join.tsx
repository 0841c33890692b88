import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { api } from '../../lib/api.ts';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';
import { Card } from './Card.tsx';

/** Where the invitation of a person who has a password leads; the token is behind the `#`. */
export function Join() {
  const [token] = useState(() => location.hash.slice(1));
  const navigate = useNavigate();
  const attempt = useMutation({
    mutationFn: () => api.POST('/api/v1/invitation', { body: { token } }),
    onSuccess: () => navigate({ to: '/sign-in', replace: true }),
  });
  return (
    <Card title={words.session.joinTitle}>
      {token === '' ? (
        <Notice tone="warn">{words.session.linkMissing}</Notice>
      ) : (
        <div className="grid gap-3.5">
          <p>{words.session.joinHint}</p>
          {attempt.isError && <Notice tone="bad">{sentence(attempt.error)}</Notice>}
          <Button kind="main" busy={attempt.isPending} onClick={() => attempt.mutate()} className="h-[34px]">
            {words.session.join}
          </Button>
        </div>
      )}
      <p className="mt-4">
        <Link to="/sign-in" className="text-accent">
          {words.session.toSignIn}
        </Link>
      </p>
    </Card>
  );
}
