// What was kept before the change: where it is, and commands that are right for this very run.

import { expect, test } from '@jest/globals';
import type { RunEventBody } from '../../src/events.ts';
import { keptPart } from '../../src/report/kept.ts';
import { reportOf } from '../../src/report/model.ts';
import { journal, started } from '../../tools/look/journal-parts.ts';

const extent = { rows: 10, cellCharacters: 200 };

function kept(folder: string | undefined, onRunner = true): string {
  const captured: RunEventBody = {
    type: 'captured',
    of: 'api',
    label: 'Helm release api',
    data: {},
    namespace: 'shop',
    ...(folder === undefined ? {} : { folder }),
    files: [{ path: 'captured/api/state.yaml', bytes: 10 }],
    lacking: [],
  };
  const begin = started(onRunner ? {} : { run: undefined });
  return (
    keptPart(
      reportOf(
        journal([
          [0, begin],
          [1, captured],
        ]),
      ),
      extent,
    ) ?? ''
  );
}

test('leads into the folder of the very run, which a second one of an incident has with a number', () => {
  expect(kept('INC-2041-2')).toContain('--name rollback-plan-INC-2041-1 && cd INC-2041-2\n');
  expect(kept(undefined)).toContain('--name rollback-plan-INC-2041-1 && cd INC-2041\n');
});

test('leads into the folder of runs on a laptop', () => {
  expect(kept('INC-2041-2', false)).toContain('```sh\ncd .rollback-plan/INC-2041-2\nkubectl diff ');
});

test('looking and putting back are two blocks: copying the first changes nothing', () => {
  const [, first = '', , second = ''] = kept('INC-2041').split('```');
  expect(first).toContain('kubectl diff ');
  expect(first).not.toContain('kubectl apply');
  expect(second).toContain('kubectl apply --server-side=false ');
});
