// The command line: the same verbs and inputs as the action, for a laptop, because GitHub may be what is down.

import { parseArgs } from 'node:util';
import {
  collectInputs,
  defaultInput,
  type InputName,
  type InputValues,
  inputNames,
  inputs,
} from './action-io.ts';
import { messageOf, RollbackPlanError } from './errors.ts';
import { type InitOptions, initOptionNames, initOptions, readInitOptions } from './init/options.ts';
import {
  type LedgerOrder,
  ledgerInputNames,
  ledgerOptionNames,
  ledgerOptions,
  ledgerVerbs,
  readLedgerOrder,
} from './ledger-options.ts';
import { modes } from './request.ts';
import { nearest } from './values/suggest.ts';

export type Invocation =
  | { readonly type: 'run'; readonly values: InputValues }
  | { readonly type: 'ledger'; readonly order: LedgerOrder; readonly values: InputValues }
  | { readonly type: 'init'; readonly options: InitOptions }
  | { readonly type: 'say'; readonly text: string };

/** Options without a value. */
const flags: ReadonlySet<string> = new Set(['dry-run', 'json']);

/** Inputs that make no sense on a command line. */
const onlyInWorkflows: ReadonlySet<InputName> = new Set(['mode']);

/** Throws `usage` for a call that can't be understood. */
export function readCommandLine(
  args: readonly string[],
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
): Invocation {
  const [verb, ...rest] = args;
  if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h')
    return { type: 'say', text: usageText() };
  if (verb === '--version' || verb === '-v' || verb === 'version') return { type: 'say', text: version };
  if (verb === 'init') return readInit(rest);
  if (verb === 'ledger') return readLedgerVerb(rest, environment);
  const mode = modes.find((name) => name === verb);
  if (mode === undefined) {
    const meant = nearest(verb, [...modes, 'init', 'ledger']);
    throw usage(
      `there is no verb "${verb}"`,
      meant === undefined ? undefined : `Did you mean: rollback-plan ${meant}`,
    );
  }
  const given = parse(
    rest,
    inputNames.filter((name) => !onlyInWorkflows.has(name)),
  );
  if (given.help) return { type: 'say', text: usageText() };
  const values = collectInputs((name) => {
    if (name === 'mode') return mode;
    if (name === 'token') return given.values.token ?? environment['GITHUB_TOKEN'] ?? '';
    return given.values[name] ?? defaultInput(name);
  });
  return { type: 'run', values };
}

/** `ledger` is no mode either: it runs nothing of the plan, and has a word of its own for what it does. */
function readLedgerVerb(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Invocation {
  const [first = 'show', ...others] = args;
  const named = first.startsWith('-') ? 'show' : first;
  const action = ledgerVerbs.find((each) => each === named);
  if (action === undefined) {
    const meant = nearest(named, ledgerVerbs);
    throw usage(
      `there is no verb "ledger ${named}"`,
      `${meant === undefined ? '' : `Did you mean ${meant}? `}There are: ${ledgerVerbs.map((each) => `rollback-plan ledger ${each}`).join(', ')}`,
    );
  }
  const given = parse(first === named ? others : args, [...ledgerInputNames, ...ledgerOptionNames]);
  if (given.help) return { type: 'say', text: ledgerUsageText() };
  const values = collectInputs((name) => {
    // Read as a rollback's, and nothing is run: there is no mode that only looks.
    if (name === 'mode') return 'rollback';
    const own = ledgerInputNames.find((each) => each === name);
    const text = own === undefined ? undefined : given.values[own];
    return text ?? (name === 'token' ? (environment['GITHUB_TOKEN'] ?? '') : defaultInput(name));
  });
  return { type: 'ledger', order: readLedgerOrder(action, given.values), values };
}

/** `init` is no mode: it writes files for people, and has options of its own. */
function readInit(args: readonly string[]): Invocation {
  const given = parse(args, initOptionNames);
  return given.help
    ? { type: 'say', text: initUsageText() }
    : { type: 'init', options: readInitOptions(given.values) };
}

function parse<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): { readonly values: Partial<Record<Name, string>>; readonly help: boolean } {
  const options = Object.fromEntries([
    ...names.map(
      (name) => [name, { type: flags.has(name) ? ('boolean' as const) : ('string' as const) }] as const,
    ),
    ['help', { type: 'boolean' as const }] as const,
  ]);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length > 0) throw usage(`"${positionals[0]}" is one word too many`);
    const texts: Partial<Record<Name, string>> = {};
    for (const name of names) if (values[name] !== undefined) texts[name] = String(values[name]);
    return { values: texts, help: values['help'] === true };
  } catch (error) {
    if (error instanceof RollbackPlanError) throw error;
    const message = messageOf(error).split('. ')[0] ?? '';
    const word = /'--([\w-]+)/.exec(message)?.[1];
    const meant = word === undefined ? undefined : nearest(word, names);
    throw usage(message, meant === undefined || meant === word ? undefined : `Did you mean --${meant}?`);
  }
}

function usageText(): string {
  const width = Math.max(...inputNames.map((name) => name.length)) + 2;
  const lines = inputNames
    .filter((name) => !onlyInWorkflows.has(name))
    .map(
      (name) =>
        `  --${name.padEnd(width)}${inputs[name].describe}${defaultInput(name) === '' ? '' : ` (${defaultInput(name)})`}`,
    );
  return [
    'rollback-plan VERB [--option value …]',
    '',
    'Verbs that work in this version:',
    '  validate   print every finding of a plan as file:line:column',
    '  preflight  ask whether a rollback would work now, and say what speaks against it',
    '  rollback   take the target back; with --dry-run only say what would run',
    '  verify     watch a deploy for --window; note its versions as good, or take it back',
    '  drill      rehearse the plan in a target that is marked for it',
    '  heartbeat  do what is due: look again after rollbacks, and say which drill or follow-up is overdue',
    '  report     tell from the journals what became of --incident',
    '  ledger     show what was verified, what is in quarantine and what is due; ledger seed, lift, done: rollback-plan ledger --help',
    '  init       write a first plan from what runs in a namespace; options: rollback-plan init --help',
    '',
    'Options, the same names as the inputs of the action:',
    ...lines,
    '',
    'Exit: 0 done or nothing to find, 1 not done or findings, 2 the call was not understood.',
    'Try: rollback-plan validate --plan .github/rollback.yml',
    '     rollback-plan rollback --to previous --dry-run',
  ].join('\n');
}

function ledgerUsageText(): string {
  const own = ledgerOptionNames.map((name) => [name, ledgerOptions[name]] as const);
  const shared = ledgerInputNames.map((name) => [name, inputs[name].describe] as const);
  const width = Math.max(...[...own, ...shared].map(([name]) => name.length)) + 2;
  return [
    'rollback-plan ledger [show | seed | lift | done] [--option value …]',
    '',
    '  show   all that the ledger knows of the service, newest first: snapshots, quarantine, what is due',
    '  seed   note what is live now as good: you vouch for it',
    '  lift   take content out of quarantine: --component, and --version or --digest',
    '  done   note that a follow-up of a rollback is done: --incident and --follow-up',
    '',
    ...[...own, ...shared].map(([name, text]) => `  --${name.padEnd(width)}${text}`),
    '',
    'Exit: 0 done, 1 refused, 2 the call was not understood.',
    'Try: rollback-plan ledger --target production',
    '     rollback-plan ledger lift --target production --component api --version 7 --reason "it was the database"',
  ].join('\n');
}

function initUsageText(): string {
  const width = Math.max(...initOptionNames.map((name) => name.length)) + 2;
  return [
    'rollback-plan init [--option value …]',
    '',
    'Writes a first rollback plan, and the workflows that call it, into the repository in this folder. Reads the Helm',
    'releases and workloads of one namespace; without a kubeconfig, the charts in the repository. Overwrites nothing.',
    '',
    ...initOptionNames.map((name) => `  --${name.padEnd(width)}${initOptions[name].describe}`),
    '',
    'Exit: 0 all written, 1 refused or a file was there already, 2 the call was not understood.',
    'Try: rollback-plan init --dry-run',
    '     rollback-plan init --context prod --namespace shop --callers button,after-deploy-job',
  ].join('\n');
}

function usage(message: string, hint?: string): RollbackPlanError {
  return new RollbackPlanError('usage', message, { hint: hint ?? 'Try: rollback-plan help' });
}
