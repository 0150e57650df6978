// The gate `environment`: what the plan's target names against where the job says it runs.

import { describe, expect, test } from '@jest/globals';
import type { RunEventBody } from '../../src/events.ts';
import { judgeEnvironment, proveEnvironment } from '../../src/preflight/environment.ts';

const target = { name: 'eu', environment: 'production', watchEnvironments: ['production-watch'] };
const acting = { watching: false, target };
const watching = { watching: true, target };

function hintOf(facts: Parameters<typeof judgeEnvironment>[0]): string {
  const finding = judgeEnvironment(facts);
  if (finding.state !== 'mismatch') throw new Error(`not refused: ${finding.state}`);
  expect(finding.error.code).toBe('environment-mismatch');
  return `${finding.error.message}. ${finding.error.hint}`;
}

describe('the environment of the job', () => {
  test.each([['production'], ['Production']])('acting: %s is the one that the plan names', (told) => {
    expect(judgeEnvironment({ ...acting, told })).toMatchObject({ state: 'pass' });
  });

  test.each([
    ['production-watch', 'is allowed for watching a deploy (mode verify) only'],
    ['staging', 'the job runs in the environment staging'],
    ['', 'the job runs in no environment'],
    [' production', 'Choose the environment production: environment: production.'],
  ])('acting: "%s" is refused, and the hint names the right one', (told, words) => {
    const said = hintOf({ ...acting, told });
    expect(said).toContain('environment: production');
    expect(said).toContain(words);
  });

  test('a name that only looks alike is another one', () => {
    const named = { watching: false, target: { name: 'eu', environment: 'black' } };
    expect(judgeEnvironment({ ...named, told: 'BLACK' })).toMatchObject({ state: 'pass' });
    // The sign for kelvin, whose lower case is k.
    expect(judgeEnvironment({ ...named, told: 'blac\u212a' })).toMatchObject({ state: 'mismatch' });
  });

  test('watching may have environments of its own, and no others', () => {
    for (const told of ['production', 'production-watch'])
      expect(judgeEnvironment({ ...watching, told })).toMatchObject({ state: 'pass' });
    expect(hintOf({ ...watching, told: 'staging' })).toContain('production or production-watch');
    expect(hintOf({ ...watching, told: 'staging' })).toContain('watch-environments');
    const strict = { watching: true, target: { name: 'eu', environment: 'production' } };
    expect(judgeEnvironment({ ...strict, told: 'production-watch' })).toMatchObject({ state: 'mismatch' });
  });

  test('a plan that names none leaves it open', () => {
    for (const told of ['staging', '', undefined])
      expect(judgeEnvironment({ watching: false, target: { name: 'eu' }, told })).toEqual({ state: 'open' });
  });
});

describe('what the record gets to hold', () => {
  async function gatesOf(told: string | undefined): Promise<readonly RunEventBody[]> {
    const events: RunEventBody[] = [];
    await proveEnvironment({ ...acting, told }, async (event) => {
      events.push(event);
    }).catch(() => undefined);
    return events;
  }

  test('that it was told, not told, or refused', async () => {
    expect(await gatesOf('production')).toMatchObject([{ name: 'environment', state: 'pass' }]);
    expect(await gatesOf(undefined)).toMatchObject([
      { state: 'unknown', detail: expect.stringContaining('nobody told') },
    ]);
    expect(await gatesOf('staging')).toMatchObject([
      { state: 'refuse', hint: expect.stringContaining('environment: production') },
    ]);
  });

  test('a refusal stops the run', async () => {
    await expect(
      proveEnvironment({ ...acting, told: 'staging' }, async () => undefined),
    ).rejects.toMatchObject({ code: 'environment-mismatch' });
  });
});
