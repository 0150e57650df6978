// From settings as written to settings as run: inputs, contexts, expressions, and the kind's schema once more.

import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { inputsFor } from '../../src/plan/input-values.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type ScopeFacts, scopeFor } from '../../src/plan/scope.ts';
import { settle } from '../../src/plan/settle.ts';
import type { JsonObject } from '../../src/values/json.ts';
import { sampleKinds } from './sample-kinds.ts';

const text = `version: 1
service: shop
inputs:
  replicas: { type: number, default: 3 }
  note: { type: string }
  sure: { type: boolean, required: true, description: are you }
  colour: { type: choice, options: [red, green], default: red }
  since: { type: timestamp }
targets: { eu: { namespace: shop, vars: { url: "https://eu.example" } } }
components:
  api: { uses: helm-release, with: { release: "shop-\${{ target.name }}" } }
phases:
  - name: a
    steps:
      - { uses: scale, with: { workload: "deployment/\${{ service }}", replicas: "\${{ inputs.replicas }}" } }
      - { run: make, env: { N: "\${{ inputs.replicas }}", FROM: "\${{ components.api.from.version }}", NOTE: "\${{ inputs.note || 'none' }}" } }
verify:
  - { uses: http, with: { url: "\${{ vars.url }}/\${{ inputs.note }}", expect: 200 } }
`;

function planned(): Plan {
  const { plan } = parsePlan(text, 'rollback.yml', sampleKinds);
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

const plan = planned();
const version = (id: string): { id: string; label: string; digest: string } => ({
  id,
  label: `revision ${id}`,
  digest: `sha256:${id}`,
});

function facts(given: JsonObject): ScopeFacts {
  const target = plan.targets.get('eu');
  if (target === undefined) throw new Error('no target');
  return {
    service: plan.service,
    target,
    inputs: inputsFor(plan, given),
    incident: { id: 'i-1', reason: 'errors', scenario: 'all', actor: 'ada' },
    components: new Map([['api', { from: version('3'), to: version('2'), live: version('3') }]]),
    steps: new Map([['first', { outcome: 'succeeded', outputs: { file: 'a.sql' } }]]),
  };
}

const [scale, run] = plan.phases[0]?.steps ?? [];
const kind = (
  name: string,
  from: typeof sampleKinds.steps | typeof sampleKinds.checks,
): { name: string; schema: z.ZodType } => {
  const found = from.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe('inputs', () => {
  test('are what was given, the default, or nothing', () => {
    expect(inputsFor(plan, { sure: true, note: 'x' })).toEqual({
      replicas: 3,
      note: 'x',
      sure: true,
      colour: 'red',
      since: null,
    });
  });

  test('from a form are texts, and become what the plan asks for', () => {
    expect(
      inputsFor(plan, { sure: 'false', replicas: ' 12 ', since: '2026-11-21', colour: 'green', note: '' }),
    ).toEqual({
      sure: false,
      replicas: 12,
      since: '2026-11-21',
      colour: 'green',
      note: '',
    });
  });

  test.each([
    ['that is required and missing', {}, 'the plan asks for the input `sure`', 6],
    ['that is required and empty', { sure: '' }, 'the plan asks for the input `sure`', 6],
    ['that is not declared', { sure: true, shure: true }, 'the plan has no input `shure`', 3],
    [
      'that is no number',
      { sure: true, replicas: 'many' },
      'the input `replicas` does not fit: "many" is not a number',
      4,
    ],
    [
      'that is no truth value',
      { sure: 'perhaps' },
      'the input `sure` does not fit: "perhaps" is neither true nor false',
      6,
    ],
    [
      'that is no option',
      { sure: true, colour: 'blue' },
      'the input `colour` does not fit: "blue" is none of red, green',
      7,
    ],
    [
      'that is no time',
      { sure: true, since: 'yesterday' },
      'the input `since` does not fit: "yesterday" is not a timestamp such as "2026-11-21T09:30:00Z"',
      8,
    ],
    [
      'that is no day',
      { sure: true, since: '2026-13-01' },
      'the input `since` does not fit: "2026-13-01" is not a timestamp such as "2026-11-21T09:30:00Z"',
      8,
    ],
    ['from a prototype', { sure: true, constructor: 1 }, 'the plan has no input `constructor`', 3],
  ])('an input %s is refused', (_name, given, message, line) => {
    let thrown: unknown;
    try {
      inputsFor(plan, given);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toMatchObject({
      code: 'plan-input-invalid',
      message,
      where: { file: 'rollback.yml', line },
    });
  });
});

describe('settings', () => {
  test('keep the type of an expression that stands alone, and text around one stays text', () => {
    if (scale?.type !== 'act') throw new Error('no step');
    expect(settle(scale, scopeFor(facts({ sure: true })), kind('scale', sampleKinds.steps))).toEqual({
      workload: 'deployment/shop',
      replicas: 3,
    });
  });

  test('hand numbers to a script as text, and pinned versions', () => {
    if (run?.type !== 'act') throw new Error('no step');
    expect(settle(run, scopeFor(facts({ sure: true })), kind('run', sampleKinds.steps))).toMatchObject({
      env: { N: '3', FROM: '3', NOTE: 'none' },
    });
  });

  test('are refused where they stand, if an expression makes what the kind does not take', () => {
    if (scale?.type !== 'act') throw new Error('no step');
    const act = (): unknown =>
      settle(scale, scopeFor(facts({ sure: true, replicas: -1 })), kind('scale', sampleKinds.steps));
    expect(act).toThrow('`replicas` of `scale` does not fit: expected at least 0');
    expect(act).toThrow(
      expect.objectContaining({
        code: 'expression-failed',
        where: { file: 'rollback.yml', line: 15, column: 82 },
      }),
    );
  });

  test('are refused where they stand, if an expression in a text has no value', () => {
    const [check] = plan.verify;
    if (check === undefined) throw new Error('no check');
    const act = (): unknown =>
      settle(check, scopeFor(facts({ sure: true })), kind('http', sampleKinds.checks));
    expect(act).toThrow('`inputs.note` has no value, and the text around it would have a hole');
    expect(act).toThrow(
      expect.objectContaining({
        code: 'expression-failed',
        where: { file: 'rollback.yml', line: 18, column: 33 },
      }),
    );
  });

  test('without expressions that a kind refuses are the plan’s mistake', () => {
    const part = {
      uses: 'x',
      with: { a: 1 },
      where: { file: 'a', line: 1, column: 1 },
      locate: () => ({ file: 'a', line: 2, column: 3 }),
    };
    const act = (): unknown =>
      settle(part, scopeFor(facts({ sure: true })), { name: 'x', schema: z.strictObject({ a: z.string() }) });
    expect(act).toThrow(
      expect.objectContaining({
        code: 'plan-invalid',
        message: '`a` of `x` does not fit: expected a text, found 1',
        where: { file: 'a', line: 2, column: 3 },
      }),
    );
  });
});

test('the contexts of a run hold every name that the linter lets pass', () => {
  const { contexts } = scopeFor(facts({ sure: true }));
  expect(contexts).toEqual({
    service: 'shop',
    inputs: { replicas: 3, note: null, sure: true, colour: 'red', since: null },
    vars: { url: 'https://eu.example' },
    target: { name: 'eu', environment: null, context: null, namespace: 'shop' },
    incident: { id: 'i-1', reason: 'errors', scenario: 'all', actor: 'ada', severity: null },
    deploy: { commit: null, versions: {} },
    components: {
      api: {
        from: { version: '3', names: [], label: 'revision 3', digest: 'sha256:3' },
        to: { version: '2', names: [], label: 'revision 2', digest: 'sha256:2' },
        live: { version: '3', names: [], label: 'revision 3', digest: 'sha256:3' },
      },
    },
    steps: { first: { outcome: 'succeeded', outputs: { file: 'a.sql' } } },
  });
});
