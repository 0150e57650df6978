// Triggers and drills with mistakes: what the linter holds against the steps and checks of a rollback, it holds against
// those of a drill and of triggers, too.

import { describe, expect, test } from '@jest/globals';
import { parsePlan } from '../../src/plan/parse.ts';
import { errorsIn, plan, type Row } from './errors-in.ts';
import { sampleKinds } from './sample-kinds.ts';
import { breaking, watched } from './watch-sections.ts';

const check = '{ uses: http, with: { url: https://a.example, expect: 1 } }';

const followUps: readonly Row[] = [
  {
    name: 'a severity that the plan has not',
    plan: watched('severities: { P0: {} }', 'follow-ups: { a: { within: 2d, by-severity: { PO: 1d } } }'),
    errors: ['6:47 [unknown-severity] there is no severity `PO`'],
  },
  {
    name: 'one that is never due',
    plan: watched('follow-ups: { a: { owner: sre } }'),
    errors: ['5:15 [missing-key] `follow-ups.a` has no `within`'],
  },
  {
    name: 'a misspelt key of a follow-up',
    plan: watched('follow-ups: { a: { within: 2d, who: sre } }'),
    errors: ['5:32 [unknown-key] unknown key `who` in `follow-ups.a`'],
  },
];
describe('follow-ups', () => {
  test.each(followUps)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

const triggers: readonly Row[] = [
  {
    name: 'a trigger without a check',
    plan: watched('triggers:', '  errors: { every: 5s }'),
    errors: ['6:11 [type] a trigger has one of `check`, `all`, `alert` and `declared`'],
  },
  {
    name: 'a trigger with a check and an alert',
    plan: watched('triggers:', `  errors: { check: ${check}, alert: { name: HighErrorRate } }`),
    errors: ['6:11 [type] a trigger has one of `check`, `all`, `alert` and `declared`'],
  },
  {
    name: 'a trigger with a check that is declared',
    plan: watched('triggers:', `  errors: { check: ${check}, declared: People say so. }`),
    errors: ['6:11 [type] a trigger has one of `check`, `all`, `alert` and `declared`'],
  },
  {
    name: 'looks at what is declared',
    plan: watched('triggers:', '  hole: { declared: A hole is exploited., every: 5s }'),
    errors: ['6:43 [alert-looks] nobody looks at what is declared, so `every` says nothing'],
  },
  {
    name: 'a severity of what is declared that does not exist',
    plan: watched('triggers:', '  hole: { declared: A hole is exploited., severity: P0 }'),
    errors: ['6:53 [unknown-severity] there is no severity `P0`'],
  },
  {
    name: 'a trigger with a check and with several',
    plan: watched('triggers:', `  errors: { check: ${check}, all: [${check}, ${check}] }`),
    errors: ['6:11 [type] a trigger has one of `check`, `all`, `alert` and `declared`'],
  },
  {
    name: 'several signs that are one',
    plan: watched('triggers:', '  errors:', `    all: [${check}]`),
    errors: ['7:10 [type] expected at least 2 entries'],
  },
  {
    name: 'a setting that the kind of one of several lacks',
    plan: watched(
      'triggers:',
      '  errors:',
      '    all:',
      `      - ${check}`,
      '      - { uses: http, with: { url: https://a.example, expect: 1, verb: GET } }',
    ),
    errors: ['9:66 [unknown-key] unknown key `verb` in `triggers.errors.all[1].with`'],
  },
  {
    name: 'one of several whose kind does not exist',
    plan: watched('triggers:', '  errors:', `    all: [${check}, { uses: htpp }]`),
    errors: ['7:80 [unknown-kind] unknown check kind `htpp`'],
  },
  {
    name: 'one of several that refers to a step',
    plan: watched(
      'phases: [{ name: a, steps: [{ rollback: api }, { id: s, run: make, outputs: [o] }] }]',
      'triggers:',
      '  errors:',
      '    all:',
      `      - ${check}`,
      '      - { uses: http, with: { url: "https://a.example/${{ steps.s.outputs.o }}", expect: 1 } }',
    ),
    errors: ['10:65 [expression-unknown-property] `steps` has no `s`'],
  },
  {
    name: 'more failures than a window holds',
    plan: watched('triggers:', `  errors: { check: ${check}, failures: 1001 }`),
    errors: ['6:91 [type] expected at most 1000 looks; a longer `every` takes fewer'],
  },
  {
    name: 'looks at an alert',
    plan: watched('triggers:', '  errors: { alert: { name: HighErrorRate }, failures: 3 }'),
    errors: ['6:45 [alert-looks] nobody looks at an alert, so `failures` says nothing'],
  },
  {
    name: 'a label that is none',
    plan: watched('triggers:', '  errors: { alert: { name: HighErrorRate, labels: { "a-b": c } } }'),
    errors: ['6:54 [type] a label name; found "a-b"'],
  },
  {
    name: 'a misspelt key of a trigger',
    plan: watched('triggers:', `  errors: { check: ${check}, evry: 5s }`),
    errors: ['6:81 [unknown-key] unknown key `evry` in `triggers.errors`'],
  },
  {
    name: "a trigger's rhythm on its check",
    plan: watched(
      'triggers:',
      '  errors:',
      '    check: { uses: http, every: 5s, with: { url: https://a.example, expect: 1 } }',
    ),
    errors: ['7:26 [unknown-key] unknown key `every` in `triggers.errors.check`'],
  },
  {
    name: 'a kind that does not exist',
    plan: watched('triggers:', '  errors: { check: { uses: htpp } }'),
    errors: ['6:28 [unknown-kind] unknown check kind `htpp`'],
  },
  {
    name: 'a step kind as a check',
    plan: watched('triggers:', '  errors: { check: { uses: scale } }'),
    errors: ["6:28 [unknown-kind] `scale` is a step kind and can't be used as a check"],
  },
  {
    name: 'a setting that the kind lacks',
    plan: watched(
      'triggers:',
      '  errors:',
      '    check:',
      '      uses: http',
      '      with: { url: https://a.example, expct: 1, expect: 1 }',
    ),
    errors: ['9:39 [unknown-key] unknown key `expct` in `triggers.errors.check.with`'],
  },
  {
    name: 'a setting that the kind requires',
    plan: watched('triggers:', '  errors:', '    check: { uses: http, with: { url: https://a.example } }'),
    errors: ['7:26 [missing-key] `triggers.errors.check.with` has no `expect`'],
  },
  {
    name: 'a setting of the wrong type',
    plan: watched('triggers:', '  errors: { check: { uses: http, with: { url: a, expect: 1 } } }'),
    errors: ['6:47 [type] expected url; found "a"'],
  },
  {
    name: 'no failures',
    plan: watched('triggers:', `  errors: { check: ${check}, failures: 0 }`),
    errors: ['6:91 [type] expected at least 1'],
  },
  {
    name: 'a rhythm without a unit',
    plan: watched('triggers:', `  errors: { check: ${check}, every: 15 }`),
    errors: [
      '6:88 [type] a duration is a number with a unit: `500ms`, `20s`, `1m30s`, `5m`, `1h`; 15 has no unit',
    ],
  },
  {
    name: 'a severity that is not declared',
    plan: watched('severities: { P0: {} }', 'triggers:', `  errors: { check: ${check}, severity: P1 }`),
    errors: ['7:91 [unknown-severity] there is no severity `P1`'],
  },
  {
    name: 'a scenario that is not declared',
    plan: watched(
      'scenarios: { full: { phases: all } }',
      'triggers:',
      `  errors: { check: ${check}, scenario: ful }`,
    ),
    errors: ['7:91 [unknown-scenario] there is no scenario `ful`'],
  },
  {
    name: 'a name that begins with a dash',
    plan: watched('triggers:', `  -x: { check: ${check} }`),
    errors: [
      '6:3 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "-x"',
    ],
  },
  {
    name: 'an expression that refers to nothing',
    plan: watched(
      'triggers:',
      '  errors: { check: { uses: http, with: { url: "${{ vars.url }}", expect: 1 } } }',
    ),
    errors: ['6:57 [expression-unknown-property] `vars` has no `url`'],
  },
  {
    name: 'an expression that waits for a step',
    plan: watched(
      'phases: [{ name: one, steps: [{ id: stop, run: make }, { rollback: api }] }]',
      'triggers:',
      '  errors: { check: { uses: http, with: { url: "${{ steps.stop.outputs.url }}", expect: 1 } } }',
    ),
    errors: ['7:58 [expression-unknown-property] `steps` has no `stop`'],
  },
  {
    name: 'an expression outside settings',
    plan: watched('triggers:', `  errors: { check: ${check}, scenario: "\${{ service }}" }`),
    errors: [
      '6:92 [expression-not-here] expressions are not computed here',
      '6:92 [unknown-scenario] there is no scenario `${{ service }}`',
    ],
  },
  {
    name: 'more triggers than a person can review',
    plan: watched('triggers:', ...Array.from({ length: 101 }, (_, n) => `  t${n}: { check: ${check} }`)),
    errors: ['106:3 [limit] the plan has 101 triggers, more than 100'],
  },
  {
    name: 'a check of verify that never fails',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify: [{ uses: http, failures: 0, with: { url: https://a.example, expect: 1 } }]',
    ),
    errors: ['4:34 [type] expected at least 1'],
  },
];

const targets: readonly Row[] = [
  {
    name: 'environments for watching beside none for acting',
    plan: watched('targets:', '  eu: { watch-environments: [production-watch] }'),
    errors: ['6:9 [watch-environments] the target `eu` has environments for watching, and none for acting'],
  },
  {
    name: 'no environments for watching',
    plan: watched('targets:', '  eu: { environment: production, watch-environments: [] }'),
    errors: ['6:54 [type] expected at least 1 entry'],
  },
];

const drills: readonly Row[] = [
  {
    name: 'a drill that breaks nothing',
    plan: watched('drill: { restore: [{ run: make }] }'),
    errors: ['5:1 [missing-key] `drill` has no `break`'],
  },
  {
    name: 'a drill with an empty break',
    plan: watched('drill: { break: [] }'),
    errors: ['5:17 [type] expected at least 1 entry'],
  },
  {
    name: 'a misspelt key of a drill',
    plan: breaking('{ run: make }', '  detect-witin: 1m'),
    errors: ['8:3 [unknown-key] unknown key `detect-witin` in `drill`'],
  },
  {
    name: 'a rollback in break',
    plan: breaking('{ rollback: api }'),
    errors: [
      "7:9 [step-verb] a step of a drill can't roll back: the drill takes components back itself, by the plan's phases, and measures that",
    ],
  },
  {
    name: 'a rollback in restore',
    plan: breaking('{ run: make }', '  restore: [{ rollback: api }]'),
    errors: [
      "8:15 [step-verb] a step of a drill can't roll back: the drill takes components back itself, by the plan's phases, and measures that",
    ],
  },
  {
    name: 'a step that does nothing',
    plan: breaking('{ name: think }'),
    errors: ['7:7 [step-verb] the step does nothing'],
  },
  {
    name: 'a step with two verbs',
    plan: breaking('{ run: make, uses: scale, with: { workload: deployment/a, replicas: 1 } }'),
    errors: ['7:9 [step-verb] the step has `uses` and `run`'],
  },
  {
    name: 'a misspelt key of a step',
    plan: breaking('{ run: make, timout: 5m }'),
    errors: ['7:20 [unknown-key] unknown key `timout` in `drill.break[0]`'],
  },
  {
    name: 'an option that the kind can not honour',
    plan: breaking('{ run: make, on-failure: compensate }'),
    errors: ["7:32 [step-option] the kind `run` can't compensate"],
  },
  {
    name: 'a kind that does not exist',
    plan: breaking('{ uses: scael, with: {} }'),
    errors: ['7:15 [unknown-kind] unknown step kind `scael`'],
  },
  {
    name: 'a setting of the wrong type',
    plan: breaking('{ uses: scale, with: { workload: pod/a, replicas: 1 } }'),
    errors: ['7:40 [type] a workload is `deployment/name`; found "pod/a"'],
  },
  {
    name: 'a setting that the kind of a restore step lacks',
    plan: breaking(
      '{ run: make }',
      '  restore:',
      '    - { uses: scale, with: { workload: deployment/a, replicas: 1, wait: true } }',
    ),
    errors: ['9:67 [unknown-key] unknown key `wait` in `drill.restore[0].with`'],
  },
  {
    name: 'a step id that a phase has',
    plan: breaking(
      '{ id: Stop, run: make }',
      'phases: [{ name: one, steps: [{ id: stop, run: make }, { rollback: api }] }]',
    ),
    errors: ['7:13 [duplicate-step-id] there is already a step with the id `Stop`'],
  },
  {
    name: 'an expression in a script',
    plan: breaking('run: echo ${{ service }}'),
    errors: ['7:17 [expression-in-run] an expression inside a script could inject commands'],
  },
  {
    name: 'a step of break that comes later',
    plan: breaking('{ run: make, if: steps.late.outcome }', '    - { id: late, run: make }'),
    errors: ['7:30 [expression-unknown-property] `steps` has no `late`'],
  },
  {
    name: 'a step of a phase',
    plan: breaking(
      '{ run: make, env: { A: "${{ steps.stop.outcome }}" } }',
      'phases: [{ name: one, steps: [{ id: stop, run: make }, { rollback: api }] }]',
    ),
    errors: ['7:41 [expression-unknown-property] `steps` has no `stop`'],
  },
  {
    name: 'a phase that waits for a step of the drill',
    plan: breaking(
      '{ id: broken, run: make }',
      'phases: [{ name: one, steps: [{ run: make, if: steps.broken.outcome }, { rollback: api }] }]',
    ),
    errors: ['8:54 [expression-unknown-property] `steps` has no `broken`'],
  },
  {
    name: 'a target that is not declared',
    plan: breaking('{ run: make }', '  target: staging', 'targets: { production: {} }'),
    errors: ['8:11 [unknown-target] there is no target `staging`'],
  },
  {
    name: 'no target of two',
    plan: breaking('{ run: make }', 'targets: { staging: {}, production: {} }'),
    errors: ['5:1 [unknown-target] the plan has 2 targets, and the drill names none'],
  },
  {
    name: 'a scenario that is not declared',
    plan: breaking('{ run: make }', '  scenario: full'),
    errors: ['8:13 [unknown-scenario] there is no scenario `full`'],
  },
  {
    name: 'a phase named as one of the drill',
    plan: breaking('{ run: make }', 'phases: [{ name: restore, steps: [{ rollback: api }] }]'),
    errors: ['8:18 [duplicate-phase] `restore` is the name of a phase of the drill'],
  },
  {
    name: 'a drill that nothing would notice',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'drill: { break: [{ run: make }] }',
    ),
    errors: [
      '4:1 [drill-blind] nothing would notice what the drill breaks: the plan has neither `verify` nor `triggers`',
    ],
  },
  {
    name: 'steps that are too many only together with those of the drill',
    plan: watched(
      `phases: [{ name: one, steps: [{ rollback: api }${', { run: make }'.repeat(198)}] }]`,
      'drill: { break: [{ run: make }, { run: make }] }',
    ),
    errors: ['6:33 [limit] the plan has 201 steps, more than 200'],
  },
  {
    name: 'records of drills outside the repository',
    plan: watched('records: { drills: ../drills }'),
    errors: ['5:20 [path] a path can not leave the repository with `..`: "../drills"'],
  },
  {
    name: 'a way to publish that there is not',
    plan: watched('records: { publish: pull-requests }'),
    errors: ['5:21 [type] expected `pull-request`, `commit` or `none`, found "pull-requests"'],
  },
];

describe('triggers', () => {
  test.each(triggers)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('environments for watching', () => {
  test.each(targets)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('drills', () => {
  test.each(drills)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('the way out', () => {
  test.each([
    [
      'a severity that resembles one',
      watched('severities: { P0: {}, P10: {} }', 'triggers:', `  a: { check: ${check}, severity: P11 }`),
      'did you mean `P10`?',
    ],
    [
      'a severity of a plan without severities',
      watched('triggers:', `  a: { check: ${check}, severity: P0 }`),
      'declare it under `severities:`',
    ],
    [
      'a scenario that resembles none',
      breaking('{ run: make }', '  scenario: x', 'scenarios: { full: { phases: all } }'),
      'known here: `full`, `all`',
    ],
    [
      'no target of two',
      breaking('{ run: make }', 'targets: { staging: {}, production: {} }'),
      'add `target:` with one of `staging`, `production`; never the one that users see',
    ],
    [
      'a rollback in a drill',
      breaking('{ rollback: api }'),
      'delete the step; `break` puts the known-bad version out, `restore` puts back what is no component',
    ],
    ['a step that does nothing', breaking('{ name: a }'), 'give it one of `uses: kind` or `run: script`'],
    [
      'a misspelt key of a trigger',
      watched('triggers:', `  a: { check: ${check}, failure: 1 }`),
      'did you mean `failures`?',
    ],
    [
      'a trigger that waits for a step',
      watched(
        'phases: [{ name: one, steps: [{ id: stop, run: make }, { rollback: api }] }]',
        'triggers: { a: { check: { uses: http, with: { url: "${{ steps.stop.outcome }}", expect: 1 } } } }',
      ),
      'triggers are looked at before any step has run',
    ],
    [
      'a check that waits for a step of the drill',
      plan(
        'components: { api: { uses: helm-release, with: { release: a } } }',
        'verify: [{ uses: http, with: { url: "${{ steps.broken.outcome }}", expect: 1 } }]',
        'drill: { break: [{ id: broken, run: make }] }',
      ),
      'steps of the drill run in a drill and at no other time',
    ],
    [
      'a drill that waits for a phase',
      breaking(
        '{ run: make, if: steps.stop.outcome }',
        'phases: [{ name: one, steps: [{ id: stop, run: make }, { rollback: api }] }]',
      ),
      'steps of a drill can refer only to steps of the drill that are over before they begin',
    ],
  ])('is shown for %s', (_name, text, hint) => {
    const { findings } = parsePlan(text, 'rollback.yml', sampleKinds);
    expect(findings.filter(({ severity }) => severity === 'error').map((one) => one.hint)).toEqual([hint]);
  });
});
