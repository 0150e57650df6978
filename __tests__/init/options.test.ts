// What `rollback-plan init` understands, and what it says to a call that it does not.

import { describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../../src/cli.ts';
import { RollbackPlanError } from '../../src/errors.ts';

const read = (...args: string[]): ReturnType<typeof readCommandLine> =>
  readCommandLine(['init', ...args], '1.0.0', {});

describe('a call that is understood', () => {
  test('without options reads the current context and writes the usual plan', () => {
    expect(read()).toEqual({
      type: 'init',
      options: {
        context: undefined,
        namespace: undefined,
        charts: undefined,
        callers: [],
        autoRollback: undefined,
        metricsUrl: undefined,
        plan: '.github/rollback.yml',
        service: undefined,
        dryRun: false,
      },
    });
  });

  test('with all of them', () => {
    const given = [
      '--context',
      'a/b@c',
      '--namespace=shop',
      '--charts',
      './charts/',
      '--plan',
      './ops/plan.yml',
    ];
    expect(
      read(...given, '--service', 'shop', '--callers', 'drill, button,drill', '--dry-run'),
    ).toMatchObject({
      options: {
        context: 'a/b@c',
        namespace: 'shop',
        charts: 'charts',
        callers: ['button', 'drill'],
        plan: 'ops/plan.yml',
        service: 'shop',
        dryRun: true,
      },
    });
    expect(read('--charts', '.')).toMatchObject({ options: { charts: '.' } });
    expect(read('--charts', './')).toMatchObject({ options: { charts: '.' } });
  });

  test('--help lists its own options', () => {
    const said = read('--help');
    expect(said.type === 'say' && said.text).toContain('--callers');
    expect(said.type === 'say' && said.text).not.toContain('--to');
  });
});

describe('a call that is not', () => {
  test.each([
    [['--to', 'x'], "Unknown option '--to'", 'Try: rollback-plan help'],
    [['--contxt', 'x'], "Unknown option '--contxt'", 'Did you mean --context?'],
    [['now'], '"now" is one word too many', 'Try: rollback-plan help'],
    [
      ['--callers', 'buton'],
      '--callers is not usable: "buton"',
      'Did you mean button? There are: button, after-deploy-job, after-deploy-step, after-deployment, alert, drill, heartbeat.',
    ],
    [
      ['--namespace', 'Shop'],
      '--namespace is not usable: "Shop"',
      'A namespace has small letters, digits and dashes.',
    ],
    [
      ['--plan', '../x.yml'],
      '--plan is not usable: "../x.yml"',
      'a path can not leave the repository with `..`. Give a path in the repository, such as --plan .github/rollback.yml',
    ],
    [
      ['--plan', 'ops/'],
      '--plan is not usable: "ops/"',
      'a plan is a file. Give a path in the repository, such as --plan .github/rollback.yml',
    ],
    [
      ['--charts', '/etc'],
      '--charts is not usable: "/etc"',
      'a path is relative to the repository, not absolute. Give a folder of the repository, such as --charts charts',
    ],
    [
      ['--service', 'a b'],
      '--service is not usable: "a b"',
      'Use letters, digits, `.`, `_` or `-`, and begin with a letter or a digit.',
    ],
    [['--context', ' '], '--context is not usable: " "', 'Give it a value, or leave it out.'],
    [
      ['--context=--kubeconfig=x'],
      '--context is not usable: "--kubeconfig=x"',
      'Contexts are listed by: kubectl config get-contexts --output name',
    ],
  ])('%j is answered with what to type', (args, message, hint) => {
    let thrown: unknown;
    try {
      read(...args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RollbackPlanError);
    expect(thrown).toMatchObject({ code: 'usage', message, hint });
  });

  test('a slip in the verb is met with the verb', () => {
    expect(() => readCommandLine(['inti'], '1.0.0', {})).toThrow('there is no verb "inti"');
  });
});
