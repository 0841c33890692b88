import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/Button.tsx';
import { Field } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { api } from '../../lib/api.ts';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';
import { Card } from './Card.tsx';
import { ToSignIn } from './ToSignIn.tsx';

/** Asks for a link with which a new password can be set. */
export function Forgotten() {
  const [email, setEmail] = useState('');
  const request = useMutation({
    mutationFn: () => api.POST('/api/v1/password-reset', { body: { email } }),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    request.mutate();
  };
  return (
    <Card title={words.session.resetTitle}>
      {request.isSuccess ? (
        <Notice tone="ok">{words.session.linkSent(email)}</Notice>
      ) : (
        <form onSubmit={submit} className="grid gap-3.5">
          <p className="text-fg-2">{words.session.resetHint}</p>
          <Field
            label={words.session.email}
            type="email"
            autoComplete="username"
            autoFocus
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          {request.isError && <Notice tone="bad">{sentence(request.error)}</Notice>}
          <Button kind="main" type="submit" busy={request.isPending} className="h-[34px]">
            {words.session.sendLink}
          </Button>
        </form>
      )}
      <ToSignIn />
    </Card>
  );
}
