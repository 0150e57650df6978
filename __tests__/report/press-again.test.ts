// The commands that a report gives can be pasted: a shell and our own command line read them back to what was meant.

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../../src/cli.ts';
import type { RunEvent } from '../../src/events.ts';
import { reportOf } from '../../src/report/model.ts';
import { storyOf } from '../../src/report/story.ts';
import { type Request, readRequest } from '../../src/request.ts';
import { lost } from '../../tools/look/afterwards-journals.ts';
import { drillBrokenOff, drillNotNoticed, drillPassed } from '../../tools/look/drill-journals.ts';
import { hostileText, poisoned } from '../../tools/look/hostile-journal.ts';
import { journal, started } from '../../tools/look/journal-parts.ts';
import { halted } from '../../tools/look/sample-journals.ts';
import {
  blind,
  brokenOffRollback,
  quiet,
  refusedRollback,
  rolledBackDeploy,
} from '../../tools/look/watch-journals.ts';

const caller = { actor: 'ada', tool: '0.1.0', commit: undefined };

/** What a shell makes of a pasted command. */
function argumentsOf(command: string): readonly string[] {
  const [name = '', ...given] = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
  expect(name).toBe('rollback-plan');
  return given;
}

function pressed(events: readonly RunEvent[]): readonly Request[] {
  return storyOf(reportOf(events)).next.flatMap(({ command }) => {
    if (command === undefined || !command[0]?.startsWith('rollback-plan ')) return [];
    const invocation = readCommandLine(argumentsOf(command.join(' ')), '0.1.0', {});
    if (invocation.type !== 'run') throw new Error('it does not run anything');
    return [readRequest(invocation.values, caller, () => 'A-NEW-ONE')];
  });
}

describe('the command to go on with', () => {
  test('after a bad deploy is the button, for this incident, at the pinned versions, with the trigger’s severity', () => {
    for (const events of [rolledBackDeploy, brokenOffRollback]) {
      expect(pressed(events)).toMatchObject([
        {
          mode: 'rollback',
          incident: 'INC-2041',
          target: 'eu',
          to: 'api=7,worker=11,config=v14',
          severity: 'P0',
          scenario: 'application',
          planRef: 'main',
          reason:
            'bad deploy: error rate: 3 looks in a row failed: 0.21 over the last minute, expected <= 0.05',
        },
      ]);
    }
  });

  test('after a refused rollback is the button, with no version that nobody pinned', () => {
    expect(pressed(refusedRollback)).toMatchObject([
      { mode: 'rollback', incident: 'INC-2041', to: 'last-good', severity: 'P0' },
    ]);
  });

  test('after a blind watch is the button, or another watch of the same length', () => {
    expect(pressed(blind)).toMatchObject([
      { mode: 'rollback', incident: 'INC-2041', to: 'last-good', reason: 'the deploy could not be verified' },
      { mode: 'verify', incident: 'INC-2041', windowMs: 300_000, reason: 'deploy of 2.2.0' },
    ]);
  });

  test('goes where this run was told to go, as long as nothing was pinned', () => {
    const told = (events: readonly RunEvent[], to: string): readonly RunEvent[] =>
      events.map((event) => (event.type === 'run-started' ? { ...event, to } : event));
    expect(pressed(told(blind, 'previous'))).toMatchObject([
      { mode: 'rollback', to: 'previous' },
      { mode: 'verify', to: 'previous' },
    ]);
    expect(pressed(told(refusedRollback, 'previous'))).toMatchObject([{ to: 'previous' }]);
    expect(pressed(told(blind, 'last-good'))).toMatchObject([{ to: 'last-good' }, { to: 'last-good' }]);
    const stopped = journal([
      [0, started({ to: 'api=7\nworker=11\n' })],
      [
        9,
        {
          type: 'run-finished',
          outcome: 'interrupted',
          fault: { code: 'cancelled', message: 'm', hint: '' },
          durationMs: 9,
        },
      ],
    ]);
    expect(pressed(stopped)).toMatchObject([{ mode: 'rollback', to: 'api=7,worker=11' }]);
    expect(pressed(told(rolledBackDeploy, 'previous'))).toMatchObject([{ to: 'api=7,worker=11,config=v14' }]);
  });

  test('never goes to the version that was watched, should it be pinned as it is', () => {
    const pinned = blind.map((event) => event);
    pinned.splice(2, 0, {
      type: 'pinned',
      digest: 'sha256:1',
      changes: reportOf(halted).changes.map((change) => ({ ...change, to: change.from, alreadyThere: true })),
      seq: 3,
      at: blind[2]?.at ?? '',
      elapsedMs: 900,
    });
    expect(pressed(pinned)[0]).toMatchObject({ mode: 'rollback', to: 'last-good' });
  });

  test('is none after a quiet watch and after a drill that passed', () => {
    expect(pressed(quiet)).toEqual([]);
    expect(pressed(drillPassed)).toEqual([]);
  });

  test('after a failed drill is another drill, with an id of its own', () => {
    expect(pressed(drillNotNoticed)).toMatchObject([
      { mode: 'drill', target: 'staging', incident: 'A-NEW-ONE' },
    ]);
  });

  test('after a drill that broke off puts its target back first, as no incident of the drill’s name', () => {
    expect(pressed(drillBrokenOff)).toMatchObject([
      {
        mode: 'rollback',
        target: 'staging',
        to: 'api=7',
        incident: 'A-NEW-ONE',
        reason: 'put back after drill DRILL-2026-11',
      },
      { mode: 'drill', target: 'staging' },
    ]);
  });

  test('after a lost run is the button', () => {
    expect(pressed(lost)).toMatchObject([{ mode: 'rollback', incident: 'INC-2041', to: 'last-good' }]);
  });

  test.each([
    ['a working tree', 'the working tree', ''],
    ['a tag', 'v3', 'v3'],
  ])('takes the plan from %s as it was taken', (_what, ref, planRef) => {
    const events = halted.map((event) =>
      event.type === 'run-started' ? { ...event, plan: { ...event.plan, ref } } : event,
    );
    expect(pressed(events)).toMatchObject([{ mode: 'rollback', planRef }]);
  });

  test.each([
    ['a bad deploy', rolledBackDeploy],
    ['a blind watch', blind],
    ['a drill', drillBrokenOff],
  ])('after %s holds hostile text as nothing but text', (_what, events) => {
    const story = storyOf(reportOf(poisoned(events, `$(touch /tmp/x) \`id\` '; exit 3; ' ${hostileText}`)));
    const commands = story.next.flatMap(({ command }) =>
      command?.[0]?.startsWith('rollback-plan ') === true ? [command] : [],
    );
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const read = argumentsOf(command.join(' '));
      expect(read.length % 2).toBe(1);
      expect(read.filter((_, index) => index % 2 === 1).every((flag) => flag.startsWith('--'))).toBe(true);
    }
  });
});

describe('after a request that may have arrived', () => {
  const purge = { step: 'tell/purge', title: 'POST https://cdn.example/purge', kind: 'http' } as const;
  const events = (once: boolean, mode: 'unknown' | 'cancelled'): readonly RunEvent[] =>
    journal([
      [0, started()],
      [1, { type: 'step-started', phase: 'tell', ...purge, timeoutMs: 1_000, notes: [] }],
      [
        2,
        {
          type: 'intent',
          step: purge.step,
          operation: {
            id: 'request',
            title: purge.title,
            shown: purge.title,
            mutates: true,
            ...(once ? { once } : {}),
          },
          attempt: 1,
          deadlineMs: 1_000,
        },
      ],
      [
        3,
        {
          type: 'done',
          step: purge.step,
          operation: 'request',
          attempt: 1,
          ended: mode === 'unknown' ? 'timed-out' : 'cancelled',
          durationMs: 1,
          stdout: '',
          stderr: '',
          evidence: 'got no answer',
        },
      ],
      [
        4,
        {
          type: 'step-finished',
          phase: 'tell',
          ...purge,
          status: mode === 'unknown' ? 'unknown' : 'failed',
          evidence: '',
          durationMs: 2,
          outputs: {},
        },
      ],
      [5, { type: 'run-finished', outcome: mode === 'unknown' ? 'halted' : 'interrupted', durationMs: 5 }],
    ]);

  test.each(['unknown', 'cancelled'] as const)('and is %s, looking comes before pressing', (mode) => {
    const texts = storyOf(reportOf(events(true, mode))).next.map(({ text }) => text);
    expect(texts).toEqual([
      'Look first whether “POST https://cdn.example/purge” happened: pressing again does it a second time. If it did happen, go on without it: with `done-if` on that step, or a scenario without it.',
      'Only if it did not, go on with this; what is already back stays untouched:',
    ]);
    const harmless = storyOf(reportOf(events(false, mode))).next.map(({ text }) => text);
    expect(harmless.join()).not.toContain('second time');
  });
});
