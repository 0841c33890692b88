import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Notice } from '../../components/Notice.tsx';
import { api } from '../../lib/api.ts';
import { sentence } from '../../lib/problem.ts';
import { words } from '../../words/index.ts';
import { Card } from './Card.tsx';
import { ToSignIn } from './ToSignIn.tsx';

/** Where the invitation of a person who has a password leads. */
export const Join = () => (
  <UseLink
    title={words.session.joinTitle}
    hint={words.session.joinHint}
    button={words.session.join}
    act={(token) => api.POST('/api/v1/invitation', { body: { token } })}
  />
);

/** Where the mail leads that lists the tokens of a person. */
export const EndTokens = () => (
  <UseLink
    title={words.session.endTokensTitle}
    hint={words.session.endTokensHint}
    button={words.session.endTokens}
    act={(token) => api.POST('/api/v1/end-tokens', { body: { token } })}
  />
);

interface Props {
  title: string;
  hint: string;
  button: string;
  act: (token: string) => Promise<unknown>;
}

/** A page of one button, which uses a link once. The token is behind the `#`, which no server and no log sees. */
function UseLink({ title, hint, button, act }: Props) {
  const [token] = useState(() => location.hash.slice(1));
  const navigate = useNavigate();
  const attempt = useMutation({
    mutationFn: () => act(token),
    onSuccess: () => navigate({ to: '/sign-in', replace: true }),
  });
  return (
    <Card title={title}>
      {token === '' ? (
        <Notice tone="warn">{words.session.linkMissing}</Notice>
      ) : (
        <div className="grid gap-3.5">
          <p>{hint}</p>
          {attempt.isError && <Notice tone="bad">{sentence(attempt.error)}</Notice>}
          <Button kind="main" busy={attempt.isPending} onClick={() => attempt.mutate()} className="h-[34px]">
            {button}
          </Button>
        </div>
      )}
      <ToSignIn />
    </Card>
  );
}
