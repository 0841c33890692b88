import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/Button.tsx';
import { Field } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { api } from '../../lib/api.ts';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';
import { Card } from './Card.tsx';
import { ToSignIn } from './ToSignIn.tsx';

/** Where an invitation or a reset leads: the token is behind the `#`, which no server and no log sees. */
export function NewPassword() {
  const [token] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState('');
  const navigate = useNavigate();
  const attempt = useMutation({
    mutationFn: () => api.POST('/api/v1/password', { body: { token, password } }),
    onSuccess: () => navigate({ to: '/sign-in', replace: true }),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <Card title={words.session.newPasswordTitle}>
      {token === '' ? (
        <Notice tone="warn">{words.session.linkMissing}</Notice>
      ) : (
        <form onSubmit={submit} className="grid gap-3.5">
          <Field
            label={words.session.newPassword}
            hint={words.session.newPasswordHint}
            type="password"
            autoComplete="new-password"
            autoFocus
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {attempt.isError && <Notice tone="bad">{sentence(attempt.error)}</Notice>}
          <Button kind="main" type="submit" busy={attempt.isPending} className="h-[34px]">
            {words.session.save}
          </Button>
        </form>
      )}
      <ToSignIn />
    </Card>
  );
}
