// The command line: what it understands, and what it says to a call that it does not.

import { describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../src/cli.ts';
import { RollbackPlanError } from '../src/errors.ts';

describe('a call that is understood', () => {
  test('a verb becomes the mode, options become inputs, and the rest keeps its defaults', () => {
    const invocation = readCommandLine(['rollback', '--to', 'api=2', '--dry-run', '--plan=p.yml'], '1.0.0', {
      GITHUB_TOKEN: 't',
    });
    expect(invocation).toMatchObject({
      type: 'run',
      values: {
        mode: 'rollback',
        to: 'api=2',
        'dry-run': 'true',
        plan: 'p.yml',
        token: 't',
        timeout: '30m',
        reason: '',
      },
    });
  });

  test.each([[[]], [['help']], [['--help']], [['rollback', '--help']]])('%j shows the usage', (args) => {
    const invocation = readCommandLine(args, '1.0.0', {});
    expect(invocation.type === 'say' && invocation.text).toContain('--dry-run');
  });

  test.each([
    [['ledger'], { verb: 'show', json: false }],
    [['ledger', '--json'], { verb: 'show', json: true }],
    [['ledger', 'seed', '--reason', 'good'], { verb: 'seed', reason: 'good' }],
    [
      ['ledger', 'done', '--incident', 'INC-1', '--follow-up', 'postmortem', '--reason', 'held'],
      { verb: 'done', incident: 'INC-1', followUp: 'postmortem', reason: 'held' },
    ],
    [
      ['ledger', 'lift', '--component', 'api', '--version', '7', '--reason', 'dns'],
      { verb: 'lift', component: 'api', by: { version: '7' }, reason: 'dns' },
    ],
  ])('%j is the verb ledger', (args, order) => {
    const invocation = readCommandLine([...args, '--target', 'prod'], '1.0.0', {});
    expect(invocation).toMatchObject({ type: 'ledger', order, values: { target: 'prod' } });
  });

  test('--version says the version', () => {
    expect(readCommandLine(['--version'], '1.2.3', {})).toEqual({ type: 'say', text: '1.2.3' });
  });
});

describe('a call that is not', () => {
  test.each([
    [['validat'], 'there is no verb "validat"', 'Did you mean: rollback-plan validate'],
    [['shoot'], 'there is no verb "shoot"', 'Try: rollback-plan help'],
    [['rollback', '--tp', 'x'], "Unknown option '--tp'", 'Did you mean --to?'],
    [['rollback', '--mode', 'drill'], "Unknown option '--mode'", 'Try: rollback-plan help'],
    [['rollback', 'now'], '"now" is one word too many', 'Try: rollback-plan help'],
    [['ledger', 'list'], 'there is no verb "ledger list"', /^(Did you mean|There are)/],
    [['ledger', 'lift', '--component', 'api'], 'ledger lift needs a reason', 'Add --reason "…"'],
    [
      ['ledger', 'lift', '--reason', 'x', '--component', 'api'],
      'one of --version and --digest',
      /shows what is in/,
    ],
    [
      ['ledger', 'done', '--incident', 'INC-1', '--reason', 'x'],
      'ledger done needs --incident and --follow-up',
      /shows what is to be done/,
    ],
    [['ledger', 'seed', '--incident', 'INC-1'], '--incident is for ledger done', /--help/],
    [['ledger', 'seed'], 'ledger seed needs a reason', 'Add --reason "…"'],
    [['ledger', 'show', '--version', '7'], '--version is for ledger lift', /--help/],
    [['ledger', 'show', '--mode', 'drill'], "Unknown option '--mode'", /help/],
    [['rollback', '--to'], "Option '--to <value>' argument missing", 'Try: rollback-plan help'],
  ])('%j is answered with what to type', (args, message, hint) => {
    let thrown: unknown;
    try {
      readCommandLine(args, '1.0.0', {});
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RollbackPlanError);
    expect(thrown).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
      hint: typeof hint === 'string' ? hint : expect.stringMatching(hint),
    });
  });
});
