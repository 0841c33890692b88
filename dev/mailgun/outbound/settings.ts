import { z } from 'zod';
import type { LocalMailgunSettings } from './types.ts';

const DEFAULT_SETTINGS: LocalMailgunSettings = {
  eventsDelayMs: 0,
  stepMs: 5_000,
  sendsPerSecond: null,
  verifiesPerMinute: 10,
  takenDomains: [],
};

/** The settings that are defined. */
const defined = (
  settings: Partial<Record<keyof LocalMailgunSettings, unknown>>,
): Partial<LocalMailgunSettings> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** The settings among a local Mailgun's options, with defaults for the others. */
export const settingsFrom = (options: Partial<LocalMailgunSettings>): LocalMailgunSettings => {
  const { eventsDelayMs, stepMs, sendsPerSecond, verifiesPerMinute, takenDomains } = options;
  return {
    ...DEFAULT_SETTINGS,
    ...defined({ eventsDelayMs, stepMs, sendsPerSecond, verifiesPerMinute, takenDomains }),
  };
};

/** Body of `POST /sandbox/settings`; settings that it does not name do not change. */
export const Settings = z
  .strictObject({
    events_delay_ms: z.int().nonnegative(),
    step_ms: z.int().nonnegative(),
    sends_per_second: z.int().positive().nullable(),
    verifies_per_minute: z.int().positive().nullable(),
    taken_domains: z.array(z.string()),
  })
  .partial()
  .transform((settings) =>
    defined({
      eventsDelayMs: settings.events_delay_ms,
      stepMs: settings.step_ms,
      sendsPerSecond: settings.sends_per_second,
      verifiesPerMinute: settings.verifies_per_minute,
      takenDomains: settings.taken_domains,
    }),
  );
