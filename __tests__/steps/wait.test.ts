// What a wait prepares and refuses.

import { expect, test } from '@jest/globals';
import { wait } from '../../src/steps/wait.ts';
import { createTestWorld } from '../components/config-tag-world.ts';

test('is one operation that changes nothing, is not repeated, and says why', async () => {
  const world = await createTestWorld({ directory: '/tmp', home: '/tmp' });
  const settings = wait.schema.parse({ for: '1m30s', because: 'DNS to spread' });
  const { operations } = await wait.prepare(world.context(), settings);
  expect(operations).toMatchObject([
    {
      title: 'wait 1 m 30 s: DNS to spread',
      act: { type: 'wait', milliseconds: 90_000 },
      mutates: false,
      retry: 'once',
    },
  ]);
  expect(operations[0]?.deadlineMs).toBeGreaterThan(3_600_000);
});

test.each([
  [{ for: '1h' }, true],
  [{ for: '61m' }, false],
  [{ for: 30 }, false],
  [{}, false],
  [{ for: '1s', because: ' ' }, false],
])('%j is fine: %s', (settings, fine) => {
  expect(wait.schema.safeParse(settings).success).toBe(fine);
});
