import { Check } from '../../components/Check.tsx';
import { classes } from '../../components/classes.ts';
import { changeMe, type Me } from '../../lib/me.ts';
import { words } from '../../words/index.ts';
import { Section } from './Section.tsx';

const THEMES = ['system', 'light', 'dark'] as const;

/** How the page behaves for the member, in every browser. */
export function Work({ workspace, me }: { workspace: string; me: Me }) {
  const { settings, shell } = words;
  return (
    <>
      <Section title={settings.work}>
        <Check
          label={settings.keys}
          hint={settings.keysHint}
          value={me.keys_on}
          onValue={(keys_on) => void changeMe(workspace, { keys_on })}
        />
        <Check
          label={settings.next}
          hint={settings.nextHint}
          value={me.next_after_close}
          onValue={(next_after_close) => void changeMe(workspace, { next_after_close })}
        />
        <fieldset className="grid gap-1.5">
          <legend className="pb-1.5 font-medium">{settings.theme}</legend>
          <div className="flex flex-wrap gap-1.5">
            {THEMES.map((theme) => (
              <label
                key={theme}
                className={classes(
                  'flex h-[30px] cursor-pointer items-center rounded border px-3 font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent pointer-coarse:h-10',
                  me.theme === theme ? 'border-accent bg-accent-bg text-accent' : 'border-line hover:bg-bg-2',
                )}
              >
                <input
                  type="radio"
                  name={settings.theme}
                  className="sr-only"
                  checked={me.theme === theme}
                  onChange={() => void changeMe(workspace, { theme })}
                />
                {shell[theme]}
              </label>
            ))}
          </div>
        </fieldset>
      </Section>
      <Section title={settings.notices}>
        <Check
          label={settings.byMail}
          hint={settings.byMailHint}
          value={me.notifications.mail}
          onValue={(mail) => void changeMe(workspace, { notifications: { ...me.notifications, mail } })}
        />
      </Section>
    </>
  );
}
