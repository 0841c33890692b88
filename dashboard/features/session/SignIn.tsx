import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/Button.tsx';
import { Field } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';
import { Card } from './Card.tsx';
import { Demo } from './Demo.tsx';
import { signIn } from './session.ts';

/** @param back where the person was when the session ended. */
export function SignIn({ back, ended }: { back: string; ended: boolean }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const navigate = useNavigate();
  const enter = () => void navigate({ to: back, replace: true });
  const attempt = useMutation({ mutationFn: () => signIn(email, password), onSuccess: enter });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  return (
    <Card title={words.session.signIn}>
      <form onSubmit={submit} className="grid gap-3.5">
        {ended && <Notice>{words.session.ended}</Notice>}
        <Field
          label={words.session.email}
          type="email"
          autoComplete="username"
          autoFocus
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Field
          label={words.session.password}
          aside={
            <Link to="/forgotten" className="text-accent">
              {words.session.forgotten}
            </Link>
          }
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {attempt.isError && <Notice tone="bad">{sentence(attempt.error)}</Notice>}
        <Button kind="main" type="submit" busy={attempt.isPending} className="mt-1 h-[34px]">
          {words.session.signIn}
        </Button>
      </form>
      <Demo onDone={enter} />
    </Card>
  );
}
