// How far back a PromQL query looks, read off its text: what began a moment ago weighs little until that time is over.

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
  w: 7 * 24 * 3_600_000,
  y: 365 * 24 * 3_600_000,
};

/** What is not PromQL: quoted texts and comments. */
export const comments = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*/g;
/** `[5m]`, and of a subquery `[1h:1m]`. */
const selectors = /\[\s*([0-9a-z.]+)\s*(:[^\]]*)?\]/g;

/**
 * At most how far, ms: the longest range, and all subqueries on top of it, because what is in them looks back from each of
 * their steps. 0 where there is none, or none that can be read.
 */
export function longestRange(query: string): number {
  const found = [...query.replaceAll(comments, '""').matchAll(selectors)].map(([, text = '', step]) => ({
    ms: readRange(text) ?? 0,
    subquery: step !== undefined,
  }));
  const of = (subquery: boolean): number[] =>
    found.filter((each) => each.subquery === subquery).map(({ ms }) => ms);
  return Math.max(0, ...of(false)) + of(true).reduce((sum, ms) => sum + ms, 0);
}

/** `1h30m`, or a number of seconds. */
function readRange(text: string): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0),
    0,
  );
}
