// Values of the wrong type, names that would need quoting, paths that lead out.

import { describe, expect, test } from '@jest/globals';
import { errorsIn, plan, type Row, step } from './errors-in.ts';

const types: readonly Row[] = [
  {
    name: 'a version of the future',
    plan: 'version: 2\nservice: shop\ncomponents: { api: { uses: helm-release, with: { release: a } } }\n',
    errors: ['1:10 [type] expected `1`, found 2'],
  },
  {
    name: 'a number where a name belongs',
    plan: 'version: 1\nservice: 17\ncomponents: { api: { uses: helm-release, with: { release: a } } }\n',
    errors: ['2:10 [type] expected a text, found 17'],
  },
  {
    name: 'a list where a map belongs',
    plan: plan('components:', '  - api'),
    errors: ['4:3 [type] expected a map, found a list'],
  },
  {
    name: 'a text where a list belongs',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'verify: http'),
    errors: ['4:9 [type] expected a list, found "http"'],
  },
  {
    name: 'a duration without a unit',
    plan: step('      - { rollback: api, timeout: 30 }'),
    errors: [
      '7:35 [type] a duration is a number with a unit: `500ms`, `20s`, `1m30s`, `5m`, `1h`; 30 has no unit',
    ],
  },
  {
    name: 'a duration in words',
    plan: step('      - { rollback: api, timeout: five minutes }'),
    errors: [
      '7:35 [type] a duration is a number with a unit: `500ms`, `20s`, `1m30s`, `5m`, `1h`; found "five minutes"',
    ],
  },
  {
    name: 'a duration of nothing',
    plan: step('      - { rollback: api, timeout: 0s }'),
    errors: ['7:35 [type] a duration is longer than 0 and at most 168h'],
  },
  {
    name: 'a duration of more than a week',
    plan: step('      - { rollback: api, timeout: 169h }'),
    errors: ['7:35 [type] a duration is longer than 0 and at most 168h'],
  },
  {
    name: 'a choice that is not offered',
    plan: step('      - { rollback: api, on-failure: stopp }'),
    errors: ['7:38 [type] expected `stop`, `continue` or `compensate`, found "stopp"'],
  },
  {
    name: 'a number outside its range',
    plan: step('      - { uses: scale, with: { workload: deployment/a, replicas: -1 } }'),
    errors: ['7:66 [type] expected at least 0'],
  },
  {
    name: 'a text that a kind refuses',
    plan: step('      - { uses: scale, with: { workload: pod/a, replicas: 1 } }'),
    errors: ['7:42 [type] a workload is `deployment/name`; found "pod/a"'],
  },
  {
    name: 'an empty list',
    plan: plan('components: { api: { uses: config-tag, with: { paths: [], tags: v* } } }'),
    errors: ['3:55 [type] expected at least 1 entry'],
  },
  {
    name: 'a comparison with nothing sensible',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify: [{ uses: http, with: { url: https://a.example, expect: { status: "<= many" } } }]',
    ),
    errors: ['4:75 [type] `<=` compares with a number or a duration, not with "many"'],
  },
  {
    name: 'a pattern that is none',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'verify: [{ uses: http, with: { url: https://a.example, expect: "~ (" } }]',
    ),
    errors: ['4:65 [type] Invalid regular expression: /(/u: Unterminated group'],
  },
  {
    name: 'a number without end',
    plan: step('      - { uses: scale, with: { workload: deployment/a, replicas: .inf } }'),
    errors: ['7:66 [type] `.inf` is not a finite number'],
  },
  {
    name: 'a number that loses digits',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'targets: { eu: { vars: { account: 12345678901234567890 } } }',
    ),
    errors: ['4:35 [type] `12345678901234567890` is too large to be kept exactly'],
  },
  {
    name: 'nothing where a map belongs',
    plan: plan('components:'),
    errors: ['3:1 [type] expected a map, found nothing'],
  },
  {
    name: 'a list as a key',
    plan: plan('components: { [a, b]: {} }'),
    errors: ['3:15 [type] a key is a plain text here, not a list, a map or an alias'],
  },
];

const names: readonly Row[] = [
  {
    name: 'a service that begins with a dash',
    plan: 'version: 1\nservice: --help\ncomponents: { api: { uses: helm-release, with: { release: a } } }\n',
    errors: [
      '2:10 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "--help"',
    ],
  },
  {
    name: 'a component that begins with a dash',
    plan: plan('components: { -rf: { uses: helm-release, with: { release: a } } }'),
    errors: [
      '3:15 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "-rf"',
    ],
  },
  {
    name: 'a release that begins with a dash',
    plan: plan('components: { api: { uses: helm-release, with: { release: --kubeconfig=x } } }'),
    errors: [
      '3:59 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "--kubeconfig=x"',
    ],
  },
  {
    name: 'a target that begins with a dash',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'targets: { -eu: {} }'),
    errors: [
      '4:12 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "-eu"',
    ],
  },
  {
    name: 'a context that begins with a dash',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'targets: { eu: { context: --all } }',
    ),
    errors: [
      '4:27 [name] expected one line of 1 to 120 characters that does not begin with `-` or a space; found "--all"',
    ],
  },
  {
    name: 'a namespace that begins with a dash',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'targets: { eu: { namespace: -A } }',
    ),
    errors: [
      '4:29 [name] a namespace has 1 to 63 small letters, digits or `-`, and begins and ends with a letter or a digit; found "-A"',
    ],
  },
  {
    name: 'a branch that begins with a dash',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'records: { branch: --force }',
    ),
    errors: [
      '4:20 [name] a branch name must be one that `git check-ref-format --branch` accepts; found "--force"',
    ],
  },
  {
    name: 'a branch that git refuses',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'records: { branch: a..b }',
    ),
    errors: [
      '4:20 [name] a branch name must be one that `git check-ref-format --branch` accepts; found "a..b"',
    ],
  },
  {
    name: 'a path that begins with a dash',
    plan: plan('components: { c: { uses: config-tag, with: { paths: [-x], tags: v* } } }'),
    errors: ['3:54 [path] a path can not begin with `-`, commands would read it as an option: "-x"'],
  },
  {
    name: 'a phase that begins with a dash',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'phases: [{ name: -x, steps: [{ rollback: api }] }]',
    ),
    errors: [
      '4:18 [name] expected one line of 1 to 120 characters that does not begin with `-` or a space; found "-x"',
    ],
  },
  {
    name: 'a name with a space',
    plan: plan('components: { my api: { uses: helm-release, with: { release: a } } }'),
    errors: [
      '3:15 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "my api"',
    ],
  },
  {
    name: 'a name of 64 characters',
    plan: plan(`components: { ${'a'.repeat(64)}: { uses: helm-release, with: { release: a } } }`),
    errors: [
      '3:15 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    ],
  },
  {
    name: 'a secret in small letters',
    plan: plan('components: { api: { uses: helm-release, with: { release: a } } }', 'secrets: [db-password]'),
    errors: [
      '4:11 [name] an environment variable has capitals, digits or `_`, and does not begin with a digit; found "db-password"',
    ],
  },
  {
    name: 'a step id with a dot',
    plan: step('      - { id: a.b, run: make }'),
    errors: [
      '7:15 [name] an identifier has 1 to 63 letters, digits, `_` or `-`, and begins with a letter or `_`; found "a.b"',
    ],
  },
  {
    name: 'an empty name',
    plan: plan('components: { "": { uses: helm-release, with: { release: a } } }'),
    errors: [
      '3:16 [name] a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or a digit; found ""',
    ],
  },
];

const paths: readonly Row[] = [
  {
    name: 'a path that leaves the repository',
    plan: plan('components: { c: { uses: config-tag, with: { paths: [config/, ../secrets], tags: v* } } }'),
    errors: ['3:63 [path] a path can not leave the repository with `..`: "../secrets"'],
  },
  {
    name: 'a path that leaves it on a detour',
    plan: plan('components: { c: { uses: config-tag, with: { paths: [config/../../x], tags: v* } } }'),
    errors: ['3:54 [path] a path can not leave the repository with `..`: "config/../../x"'],
  },
  {
    name: 'an absolute path',
    plan: plan('components: { c: { uses: config-tag, with: { paths: [/etc/passwd], tags: v* } } }'),
    errors: ['3:54 [path] a path is relative to the repository, not absolute: "/etc/passwd"'],
  },
  {
    name: 'a drive letter',
    plan: plan('components: { c: { uses: config-tag, with: { paths: ["C:/x"], tags: v* } } }'),
    errors: ['3:55 [path] a path is relative to the repository, not absolute: "C:/x"'],
  },
  {
    name: 'a backslash',
    plan: plan("components: { c: { uses: config-tag, with: { paths: ['config\\x'], tags: v* } } }"),
    errors: ['3:55 [path] a path is written with `/`, not with a backslash: "config\\\\x"'],
  },
  {
    name: 'a home folder',
    plan: plan('components: { c: { uses: config-tag, with: { paths: [~/x], tags: v* } } }'),
    errors: ['3:54 [path] a path is relative to the repository; `~` is not expanded: "~/x"'],
  },
  {
    name: "git's own folder",
    plan: plan('components: { c: { uses: config-tag, with: { paths: [.git/hooks], tags: v* } } }'),
    errors: ['3:54 [path] a path can not point into `.git`: ".git/hooks"'],
  },
  {
    name: 'an empty path',
    plan: plan('components: { c: { uses: config-tag, with: { paths: [""], tags: v* } } }'),
    errors: ['3:55 [path] a path can not be empty: ""'],
  },
  {
    name: 'records outside the repository',
    plan: plan(
      'components: { api: { uses: helm-release, with: { release: a } } }',
      'records: { incidents: ../incidents }',
    ),
    errors: ['4:23 [path] a path can not leave the repository with `..`: "../incidents"'],
  },
];

describe('types', () => {
  test.each(types)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('names', () => {
  test.each(names)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});

describe('paths', () => {
  test.each(paths)('the linter refuses $name', (row) => {
    expect(errorsIn(row.plan)).toEqual(row.errors);
  });
});
