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
import { modes } from './request.ts';
import { nearest } from './values/suggest.ts';

export type Invocation =
  | { readonly type: 'run'; readonly values: InputValues }
  | { readonly type: 'init'; readonly options: InitOptions }
  | { readonly type: 'say'; readonly text: string };

/** Options without a value. */
const flags: ReadonlySet<string> = new Set(['dry-run']);

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
  const mode = modes.find((name) => name === verb);
  if (mode === undefined) {
    const meant = nearest(verb, [...modes, 'init']);
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
    '  report     tell from the journals what became of --incident',
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
