import type { Clock } from '../clock.ts';
import { findSettings, putSetting } from '../db/queries/global-config.ts';
import type { Db, Trx } from '../db/types.ts';

/** A number that super users may change. */
export interface Setting {
  /** What it is, for people. */
  readonly text: string;
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
}

function price(text: string, fallback: number): Setting {
  return { text, fallback, least: 0, most: 1000 };
}

/** Every setting there is. `global_config` holds those that were changed. */
export const settings = {
  credits_per_second_draft: price('Credits for a second of masks in draft quality.', 0.1),
  credits_per_second_standard: price('Credits for a second of masks in standard quality.', 0.5),
  credits_per_second_high: price('Credits for a second of masks in high quality.', 1),
  credits_per_second_max: price('Credits for a second of masks in max quality.', 2),
  credits_per_second_greenscreen: price(
    'Credits for a second of greenscreen, or other files, made from masks that are there.',
    0,
  ),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** The names of all settings. */
export const settingNames = Object.keys(settings).filter(isSetting);

/** Whether there is a setting of that name. */
export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/** The value of every setting, by its name. */
export type SettingValues = { readonly [N in SettingName]: number };

/** The settings as they are now. */
export async function readSettings(db: Db | Trx): Promise<SettingValues> {
  const changed = new Map((await findSettings(db)).map(({ key, value }) => [key, value]));
  const entries = settingNames.map((name) => [name, changed.get(name) ?? settings[name].fallback]);
  // biome-ignore lint/plugin: made from the names of all settings
  return Object.fromEntries(entries) as SettingValues;
}

/** Changes settings. The values lie in their ranges. */
export async function changeSettings(
  trx: Trx,
  { clock }: { readonly clock: Clock },
  values: Partial<SettingValues>,
): Promise<void> {
  for (const name of settingNames) {
    const value = values[name];
    if (value !== undefined) await putSetting(trx, { key: name, value, updated_at: clock() });
  }
}
