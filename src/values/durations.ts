// Durations as plans write them (`1m30s`), as the code keeps them (milliseconds) and as people read them (`1 m 30 s`).

import { z } from 'zod';

const durationPattern = /^(?=\d)(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,9})ms)?$/;

const longestMs = 7 * 24 * 3_600_000;
const durationRule = 'a duration is a number with a unit: `500ms`, `20s`, `1m30s`, `5m`, `1h`';

/** Milliseconds, or `undefined` if the text is no duration, is zero, or is longer than seven days. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const total = hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + milliseconds;
  return total > 0 && total <= longestMs ? total : undefined;
}

/** A setting as the plan has it, ms: `fallback` where it is absent, an expression or no duration. */
export function durationOr(setting: unknown, fallback: number): number {
  return (typeof setting === 'string' ? parseDuration(setting) : undefined) ?? fallback;
}

/** The zod piece for a duration: text in, milliseconds out. */
export const duration = z
  .string({
    error: (issue) =>
      typeof issue.input === 'number' ? `${durationRule}; ${issue.input} has no unit` : undefined,
  })
  .regex(durationPattern, durationRule)
  .transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined) return milliseconds;
    context.addIssue({ code: 'custom', message: 'a duration is longer than 0 and at most 168h' });
    return z.NEVER;
  });

const longPattern = /^(?=\d)(?:(\d{1,3})d)?(\d.*)?$/;
const longestDays = 400;

/** The zod piece for what takes days: `90d`, `1d12h`, and every shorter duration. At most 400 days. */
export const longDuration = z
  .string({
    error: (issue) =>
      typeof issue.input === 'number' ? `${durationRule}; ${issue.input} has no unit` : undefined,
  })
  .regex(
    /^(?=\d)(?:\d{1,3}d)?(?:\d{1,6}h)?(?:\d{1,6}m)?(?:\d{1,6}s)?(?:\d{1,9}ms)?$/,
    `${durationRule}, \`90d\``,
  )
  .transform((text, context) => {
    const [, days = '0', rest] = longPattern.exec(text) ?? [];
    const below = rest === undefined ? 0 : parseDuration(rest);
    const milliseconds = below === undefined ? undefined : Number(days) * 24 * 3_600_000 + below;
    if (milliseconds !== undefined && milliseconds > 0 && milliseconds <= longestDays * 24 * 3_600_000)
      return milliseconds;
    context.addIssue({ code: 'custom', message: `it is longer than 0 and at most ${longestDays}d` });
    return z.NEVER;
  });

/** For people: `450 ms`, `20 s`, `1 m 30 s`, `2 h 5 m`. Rounds to what still matters at that length. */
export function formatDuration(milliseconds: number): string {
  const rounded = Math.max(0, Math.round(milliseconds));
  if (rounded < 1000) return `${rounded} ms`;
  if (rounded < 9950 && rounded % 1000 !== 0) return `${(rounded / 1000).toFixed(1)} s`;
  const seconds = Math.round(rounded / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
