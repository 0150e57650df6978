// What `rollback-plan ledger` can be told, checked and typed. A verb of the command line and no mode of the action.

import type { InputName } from './action-io.ts';
import { RollbackPlanError } from './errors.ts';

export const ledgerVerbs = ['show', 'seed', 'lift', 'done'] as const;

export const ledgerOptions = {
  json: 'show: the page as JSON',
  component: 'lift: the component whose content it is',
  version: 'lift: its version, as the quarantine calls it',
  digest: 'lift: its digest, where the version does not tell',
  incident: 'done: the incident whose follow-up it is',
  'follow-up': 'done: its name in the plan',
} as const satisfies Record<string, string>;

export type LedgerOptionName = keyof typeof ledgerOptions;
// `Object.keys` forgets literal types; this restates what the list above guarantees.
export const ledgerOptionNames = Object.keys(ledgerOptions) as readonly LedgerOptionName[];

/** Inputs of the action that this verb shares. */
export const ledgerInputNames = [
  'plan',
  'plan-ref',
  'target',
  'inputs',
  'confirm',
  'reason',
  'override',
  'token',
] as const satisfies readonly InputName[];

export type LedgerOrder =
  | { readonly verb: 'show'; readonly json: boolean }
  | { readonly verb: 'seed'; readonly reason: string }
  | {
      readonly verb: 'done';
      readonly incident: string;
      readonly followUp: string;
      readonly reason: string;
    }
  | {
      readonly verb: 'lift';
      readonly component: string;
      readonly by: { readonly version: string } | { readonly digest: string };
      readonly reason: string;
    };

type Given = Readonly<Partial<Record<LedgerOptionName | 'reason', string>>>;

/** Options that only one verb takes. */
const ownOptions = {
  lift: ['component', 'version', 'digest'],
  done: ['incident', 'follow-up'],
} as const satisfies Partial<Record<(typeof ledgerVerbs)[number], readonly LedgerOptionName[]>>;

/** Throws `usage` for options that make no sense together. */
export function readLedgerOrder(verb: (typeof ledgerVerbs)[number], given: Given): LedgerOrder {
  for (const [owner, names] of Object.entries(ownOptions)) {
    const stray = names.find((name) => given[name] !== undefined);
    if (verb !== owner && stray !== undefined)
      throw wrong(`--${stray} is for ledger ${owner}`, 'Try: rollback-plan ledger --help');
  }
  if (verb !== 'show' && given.json !== undefined)
    throw wrong('--json is for ledger show', 'Try: rollback-plan ledger show --json');
  if (verb === 'show') return { verb, json: given.json === 'true' };
  const reason = given.reason?.trim() ?? '';
  if (reason === '') {
    throw wrong(
      `ledger ${verb} needs a reason: it stays on the page for whoever reads it next`,
      'Add --reason "…"',
    );
  }
  if (verb === 'seed') return { verb, reason };
  if (verb === 'done') {
    const incident = given.incident?.trim() ?? '';
    const followUp = given['follow-up']?.trim() ?? '';
    if (incident !== '' && followUp !== '') return { verb, incident, followUp, reason };
    throw wrong(
      'ledger done needs --incident and --follow-up',
      'rollback-plan ledger shows what is to be done, with the line to type.',
    );
  }
  const component = given.component?.trim() ?? '';
  const version = given.version?.trim() ?? '';
  const digest = given.digest?.trim() ?? '';
  if (component === '' || (version === '') === (digest === '')) {
    throw wrong(
      'ledger lift needs --component, and one of --version and --digest',
      'rollback-plan ledger shows what is in quarantine, with the line to type.',
    );
  }
  return { verb, component, by: version === '' ? { digest } : { version }, reason };
}

function wrong(message: string, hint: string): RollbackPlanError {
  return new RollbackPlanError('usage', message, { hint });
}
