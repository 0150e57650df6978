// A check kind whose answers stand in a row of letters: p passes, f fails, i has no data, e is an error.

import { z } from 'zod';
import type { CheckKind, Measurement } from '../../src/checks/check-kind.ts';

const states = { p: 'pass', f: 'fail', i: 'inconclusive', e: 'error' } as const;

/** The last letter stands for all looks after it. What a measurement says is `look 3` and its number, unless given. */
export function lettersKind(
  letters: string,
  said: (look: number) => Pick<Measurement, 'value' | 'evidence'> = (look) => ({
    value: look,
    evidence: `look ${look}`,
  }),
): CheckKind<unknown> {
  let look = 0;
  return {
    name: 'letters',
    summary: '',
    schema: z.unknown(),
    timeoutMs: 1_000,
    requires: () => [],
    async measure() {
      const letter = letters[Math.min(look++, letters.length - 1)] as keyof typeof states;
      return { state: states[letter], expected: '', ...said(look) };
    },
  };
}
