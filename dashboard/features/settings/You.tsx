import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Field } from '../../components/Field.tsx';
import { changeMe, type Me } from '../../lib/me.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';
import type { RichText } from './field.ts';
import { Section } from './Section.tsx';

interface Props {
  workspace: string;
  me: Me;
  rich: RichText;
}

/** How customers see the member: name and signature. */
export function You({ workspace, me, rich: Rich }: Props) {
  const { settings } = words;
  const [name, setName] = useState(me.name);
  const [signature, setSignature] = useState(me.signature ?? '');
  const [isBusy, setBusy] = useState(false);
  const isChanged = name.trim() !== me.name || signature !== (me.signature ?? '');
  const save = async () => {
    setBusy(true);
    const change = { name: name.trim(), signature: signature === '' ? null : signature };
    if (await changeMe(workspace, change)) showToast(settings.saved);
    setBusy(false);
  };
  return (
    <Section title={settings.you} hint={me.email}>
      <form
        className="grid max-w-[520px] gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          label={settings.name}
          hint={settings.nameHint}
          dir="auto"
          autoComplete="name"
          maxLength={200}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <div className="grid gap-1">
          <p className="font-medium">{settings.signature}</p>
          <Rich label={settings.signature} html={signature} onChange={setSignature} />
          <p className="text-s text-fg-3">{settings.signatureHint}</p>
        </div>
        <Button
          kind="main"
          type="submit"
          busy={isBusy}
          disabled={!isChanged || name.trim() === ''}
          className="justify-self-start"
        >
          {settings.save}
        </Button>
      </form>
    </Section>
  );
}
