import { z } from 'zod';
import type { SandboxSettings } from './types.ts';

export const DEFAULT_SETTINGS: SandboxSettings = { eventsDelayMs: 0, stepMs: 5_000, sendsPerSecond: null };

/** Body of `POST /sandbox/settings`; what is not named stays. */
export const Settings = z
  .strictObject({
    events_delay_ms: z.int().nonnegative(),
    step_ms: z.int().nonnegative(),
    sends_per_second: z.int().positive().nullable(),
  })
  .partial()
  .transform((settings): Partial<SandboxSettings> => ({
    ...(settings.events_delay_ms === undefined ? {} : { eventsDelayMs: settings.events_delay_ms }),
    ...(settings.step_ms === undefined ? {} : { stepMs: settings.step_ms }),
    ...(settings.sends_per_second === undefined ? {} : { sendsPerSecond: settings.sends_per_second }),
  }));
