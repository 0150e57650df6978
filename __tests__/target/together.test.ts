// Which combinations of versions may be put out, and what is said about those that nobody verified.

import { describe, expect, test } from '@jest/globals';
import type { ComponentChange } from '../../src/events.ts';
import type { Snapshot } from '../../src/state/ledger.ts';
import { judgeTogether, type TogetherFacts } from '../../src/target/together.ts';

function snapshot(id: string, contents: Readonly<Record<string, string>>): Snapshot {
  return {
    id,
    at: '2026-11-21T10:00:00.000Z',
    actor: 'ci',
    incident: 'D-1',
    checks: [],
    components: Object.fromEntries(
      Object.entries(contents).map(([name, digest]) => [
        name,
        { kind: 'helm-release', version: '1', label: digest, digest },
      ]),
    ),
  };
}

/** `api v2>v1`; a leading `=` stays, a leading `~` finishes what has begun. */
function move(text: string): TogetherFacts['moves'][number] {
  const [component = '', way = ''] = text.replace(/^[=~]/, '').split(' ');
  const [from = '', to = from] = way.split('>');
  const version = (digest: string): ComponentChange['from'] => ({ id: digest, label: digest, digest });
  const change = {
    component,
    kind: 'helm-release',
    from: version(from),
    to: version(to),
    alreadyThere: text.startsWith('='),
    because: '',
  };
  return { change, finishing: text.startsWith('~') };
}

function judge(
  moves: readonly string[],
  stays: Readonly<Record<string, string>>,
  snapshots: readonly Snapshot[],
  more: Partial<TogetherFacts> = {},
): ReturnType<typeof judgeTogether> {
  return judgeTogether({
    moves: moves.map(move),
    bystanders: Object.entries(stays).map(([name, digest]) => ({ name, label: digest, digest })),
    unread: [],
    snapshots,
    quarantined: () => false,
    unverifiedTarget: false,
    ...more,
  });
}

const a1w1 = snapshot('S-1', { api: 'a1', web: 'w1' });
const a2w2 = snapshot('S-2', { api: 'a2', web: 'w2' });
const apiOnly = snapshot('S-0', { api: 'a1' });

describe('versions that would be live together', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>, readonly Snapshot[], string]>([
    ['those of one snapshot are fine', ['api a3>a1', 'web w3>w1'], {}, [a2w2, a1w1], 'fine'],
    ['those of two snapshots are refused', ['api a3>a2', 'web w3>w1'], {}, [a2w2, a1w1], 'refuse'],
    ['one that stays counts', ['api a3>a1'], { web: 'w2' }, [a2w2, a1w1], 'refuse'],
    ['one that stays and fits is fine', ['api a3>a2'], { web: 'w2' }, [a2w2, a1w1], 'fine'],
    ['one that is there already counts', ['api a3>a1', '=web w2'], {}, [a2w2, a1w1], 'refuse'],
    ['nothing to compare with is said', ['api a3>a1'], {}, [], 'noted info'],
    ['snapshots of other components say nothing', ['api a3>a1', 'web w3>w1'], {}, [apiOnly], 'noted info'],
    ['a version that was never verified, alone', ['api a3>a9'], {}, [apiOnly], 'refuse'],
    ['nothing moves, so nothing is asked', ['=api a9', '=web w9'], {}, [a1w1], 'fine'],
    ['what has begun is finished', ['~api a3>a9'], {}, [apiOnly], 'noted warning'],
    ['what begins is refused beside it', ['~api a3>a9', 'web w2>w1'], {}, [a1w1], 'refuse'],
  ])('%s', (_title, moves, stays, snapshots, expected) => {
    const judged = judge(moves, stays, snapshots);
    expect(judged.type === 'noted' ? `noted ${judged.level}` : judged.type).toBe(expected);
  });

  test('the refusal lists the snapshots with the line to type, and says what holds quarantined content', () => {
    const judged = judge(['api a3>a2', 'web w3>w1'], {}, [a2w2, a1w1], {
      quarantined: (component, digest) => component === 'api' && digest === 'a2',
    });
    expect(judged).toMatchObject({
      message: 'never verified together: api at a2, web at w1',
      hint: expect.stringMatching(
        / {2}to: S-2 .*holds what is in quarantine\)\n {2}to: S-1 .*10:00:00.000Z\)\n/,
      ),
    });
  });

  test('the override goes on and is loud', () => {
    expect(judge(['api a3>a2', 'web w3>w1'], {}, [a1w1], { unverifiedTarget: true })).toMatchObject({
      type: 'noted',
      level: 'warning',
      text: expect.stringContaining('override unverified-target'),
    });
  });

  test('what could not be read is never counted as verified', () => {
    const judged = judge(['api a3>a1'], {}, [a1w1], { unread: ['web: not there'] });
    expect(judged).toMatchObject({ level: 'warning', text: expect.stringContaining('web: not there') });
  });
});
