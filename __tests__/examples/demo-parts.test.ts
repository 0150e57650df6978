// The pieces of the demo that can be wrong without anybody noticing: what the runner would make of a log, the
// outputs file, the strip of what a user saw, the timeline out of a record, folding of lines.

import { describe, expect, test } from '@jest/globals';
import { timelineOf } from '../../tools/demo/demo.ts';
import { parseOutputs } from '../../tools/demo/run-action.ts';
import { wrap } from '../../tools/demo/screen.ts';
import { strip } from '../../tools/demo/visitor.ts';
import { createCommandReader } from '../../tools/demo/workflow-commands.ts';

describe('a log is shown as the runner shows it', () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['plain lines stay', ['hello'], ['hello']],
    ['groups become headings', ['::group::evidence', 'x', '::endgroup::'], ['▸ evidence', 'x']],
    ['masked values vanish', ['::add-mask::s3cret', 'a s3cret b'], ['a *** b']],
    [
      'annotations are told, line by line',
      ['::error title=halted%3A x::one%0Atwo'],
      ['error: halted: x: one', 'two'],
    ],
    ['unknown commands and debug lines are left out', ['::debug::x'], []],
    [
      'nothing is obeyed while commands are stopped',
      ['::stop-commands::abc', '::add-mask::a', '::abc::', 'a'],
      ['::add-mask::a', 'a'],
    ],
  ])('%s', (_sentence, lines, shown) => {
    const read = createCommandReader();
    expect(lines.flatMap((line) => read(line))).toEqual(shown);
  });
});

test('outputs are read in both forms of the runner’s file', () => {
  const text = 'a=1\nb<<END-7\nfirst\nsecond=2\nEND-7\nc=x=y\n';
  expect(parseOutputs(text)).toEqual({ a: '1', b: 'first\nsecond=2', c: 'x=y' });
});

test('a strip shows bad stretches, and remembers the last look where nobody looked', () => {
  const looks = [
    { at: 10, ok: true },
    { at: 20, ok: false },
    { at: 45, ok: true },
  ];
  expect(strip(looks, { from: 0, to: 60 }, 6)).toBe(' ✓✗✗✓✓');
});

test('the timeline of a record is its table, without Markdown', () => {
  const record = [
    '# Incident',
    '## Timeline',
    '',
    '| 2026-11-21 UTC |  | event |',
    '| :--- | :-: | :--- |',
    '| 11:08:22 |  | a \\| b &lt; c |',
    '| 11:08:23 | ✅ | done |',
    '',
    '## Next',
    '| not | this | one |',
  ].join('\n');
  expect(timelineOf(record)).toEqual([
    ['11:08:22', '', 'a | b < c'],
    ['11:08:23', '✅', 'done'],
  ]);
});

test('long lines are folded between words and stay within the width', () => {
  const lines = wrap(`  ${'word '.repeat(30).trim()}`, 40);
  expect(lines.every((line) => line.length <= 40)).toBe(true);
  expect(lines.slice(1).every((line) => line.startsWith('    word'))).toBe(true);
});
