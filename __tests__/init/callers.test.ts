// The plan's own names in the workflows that are copied, and nothing else changed.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { callerFiles, fillCaller } from '../../src/init/callers.ts';
import { callerNames } from '../../src/init/options.ts';

const facts = { targets: ['null', 'prod-us'], service: 'shop', plan: 'ops/rollback.yml' } as const;

const button = `# Roll back.
on:
  workflow_dispatch:
    inputs:
      target:
        description: Where
        type: choice
        default: production # the first
        options:
          - production
          - staging
      to: { default: previous }
      plan:
        default: .github/rollback.yml
jobs:
  rollback:
    uses: o/r/.github/workflows/rollback.yml@<full commit id>
    with:
      target: \${{ inputs.target }}
      plan: .github/rollback.yml # where it lies
      to: \${{ inputs.to }}
`;

describe('a caller', () => {
  test('gets the targets as choices and as default, and the path of the plan', () => {
    const filled = fillCaller(button, facts);
    expect(load(filled)).toMatchObject({
      on: {
        workflow_dispatch: {
          inputs: { target: { type: 'choice', default: 'null', options: ['null', 'prod-us'] } },
        },
      },
      jobs: {
        rollback: {
          with: { target: '${{ inputs.target }}', plan: 'ops/rollback.yml', to: '${{ inputs.to }}' },
        },
      },
    });
    // Line by line, nothing else has changed.
    const changed = button.split('\n').filter((line) => !filled.split('\n').includes(line));
    expect(changed.map((line) => line.trim())).toEqual([
      'default: production # the first',
      'options:',
      '- production',
      '- staging',
      'plan: .github/rollback.yml # where it lies',
    ]);
    expect(filled).toContain("default: 'null' # the first\n");
    expect(filled).toContain('plan: ops/rollback.yml # where it lies\n');
  });

  test('gets the target where it is given as a value', () => {
    const text =
      'steps:\n  - uses: a\n    with:\n      target: production\n      service: x\n      targets: [a]\n';
    expect(fillCaller(text, facts)).toBe(
      "steps:\n  - uses: a\n    with:\n      target: 'null'\n      service: shop\n      targets: [a]\n",
    );
  });

  test('with choices in one line gets them in one line', () => {
    const text =
      'inputs:\n  target:\n    options: [production]\n    default: production\n  other:\n    default: keep\n';
    expect(fillCaller(text, { ...facts, targets: ['a'] })).toBe(
      'inputs:\n  target:\n    options: [a]\n    default: a\n  other:\n    default: keep\n',
    );
  });

  test('no two of them go to one place', () => {
    expect(new Set(callerNames.map((name) => callerFiles[name].to)).size).toBe(callerNames.length);
  });
});

const shipped = callerNames.filter((name) => existsSync(callerFiles[name].from));
(shipped.length > 0 ? describe : describe.skip)('the callers of this package', () => {
  test('are all there, and each names the plan’s target and no placeholder of one', () => {
    expect(shipped).toEqual(callerNames);
    for (const name of shipped) {
      const text = readFileSync(callerFiles[name].from, 'utf8');
      const filled = fillCaller(text, { ...facts, targets: ['shop-eu', 'shop-us'] });
      expect(load(filled)).toBeDefined();
      expect([name, filled.includes('shop-eu')]).toEqual([name, true]);
    }
  });
});
