// What people are told while a watch goes on: a line a minute, and at its end the numbers of each condition.

import { expect, test } from '@jest/globals';
import type { Measurement } from '../../src/checks/check-kind.ts';
import { followWatch, type WatchProgress } from '../../src/verify/follow-watch.ts';

const look = (value: number | undefined, state: Measurement['state'] = 'pass'): Measurement => ({
  state,
  value: value ?? null,
  expected: '<= 0.05',
  evidence: `${value}`,
  ...(value === undefined ? {} : { plot: { value, limit: 0.05, unit: 'ratio' as const } }),
});

function followed(progress?: (now: WatchProgress) => void): {
  readonly said: string[];
  readonly follow: ReturnType<typeof followWatch>;
} {
  const said: string[] = [];
  const silent = (): void => undefined;
  const log = {
    debug: silent,
    info: (line: string) => said.push(line),
    warning: silent,
    error: silent,
    group: silent,
    endGroup: silent,
  };
  return { said, follow: followWatch(['health', 'errors'], 180_000, { log, progress }) };
}

test('says once a minute how it stands', () => {
  const { said, follow } = followed();
  for (let at = 0; at <= 130_000; at += 2_000) follow.look(1, look(0.002), at);
  expect(said).toEqual([
    'watched 1 m, 2 m to go: health not looked at yet, errors 0.2 % (limit 5 %) pass',
    'watched 2 m, 1 m to go: health not looked at yet, errors 0.2 % (limit 5 %) pass',
  ]);
  follow.look(0, look(undefined, 'fail'), 181_000);
  expect(said.at(-1)).toBe(
    'watched 3 m 1 s, the window is over, something is undecided: health fail, errors 0.2 % (limit 5 %) pass',
  );
});

test('has an event for each condition with numbers, and none for others', () => {
  const { follow } = followed();
  follow.look(0, look(undefined), 10);
  follow.look(1, look(0.002), 20);
  follow.look(1, look(0.2, 'fail'), 2_020);
  follow.look(1, look(undefined, 'error'), 4_020);
  expect(follow.ended()).toEqual([
    {
      type: 'watched',
      name: 'errors',
      unit: 'ratio',
      limit: 0.05,
      healthy: 'below',
      points: [
        [20, 0.002],
        [2_020, 0.2],
      ],
      state: 'error',
    },
  ]);
});

test('hands every look on, and what goes wrong there is not its own', () => {
  const seen: WatchProgress[] = [];
  const { follow } = followed((now) => {
    seen.push(now);
    throw new Error('the forge is down');
  });
  expect(() => follow.look(1, look(0.002), 20)).not.toThrow();
  expect(seen[0]?.conditions.map(({ name, state }) => [name, state])).toEqual([
    ['health', undefined],
    ['errors', 'pass'],
  ]);
});
