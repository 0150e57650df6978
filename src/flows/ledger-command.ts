// The commands a person types next, in full: what lifts an entry from quarantine, what notes a follow-up as done, and the
// button where the machine may not press it.

import type { Request } from '../request.ts';
import type { Quarantined } from '../state/ledger.ts';
import type { PlannedRun } from '../target/load-run.ts';
import { shellQuote } from '../values/shell-quote.ts';
import type { Site } from '../world.ts';

type Asked = Pick<Request, 'plan' | 'inputs'>;
type Known = Pick<PlannedRun<Site>, 'target'>;

/** By version where that says which entry is meant, else by digest. */
export function liftCommand(
  request: Asked,
  run: Known,
  quarantine: readonly Quarantined[],
): (entry: Quarantined) => string {
  return (entry) => {
    const same = quarantine.filter(
      ({ component, version }) => component === entry.component && version === entry.version,
    );
    const which =
      same.length === 1 ? ['--version', shellQuote(entry.version)] : ['--digest', shellQuote(entry.digest)];
    return [
      'rollback-plan ledger lift',
      ...placeOf(request, run),
      '--component',
      shellQuote(entry.component),
      ...which,
      '--reason WHY',
    ].join(' ');
  };
}

/** Notes that somebody has done what was to be done after a rollback. */
export function doneCommand(
  request: Asked,
  run: Known,
): (task: { readonly incident: string; readonly name: string }) => string {
  return ({ incident, name }) =>
    [
      'rollback-plan ledger done',
      ...placeOf(request, run),
      '--incident',
      shellQuote(incident),
      '--follow-up',
      shellQuote(name),
      '--reason WHAT',
    ].join(' ');
}

/** What a person presses after the brake: the same destination, the same place. */
export function pressCommand(
  request: Asked,
  run: Known,
  order: { readonly scenario: string; readonly to: string; readonly reason: string },
): string {
  const words = [
    'rollback-plan rollback',
    ...placeOf(request, run),
    '--scenario',
    shellQuote(order.scenario),
    '--to',
    shellQuote(
      order.to.trim() === ''
        ? 'last-good'
        : order.to
            .trim()
            .replaceAll(/\s*=\s*/g, '=')
            .replaceAll(/[\s,]+/g, ','),
    ),
    '--reason',
    shellQuote(order.reason),
  ];
  return words.join(' ');
}

function placeOf({ plan, inputs }: Asked, { target }: Known): readonly string[] {
  const given = Object.keys(inputs).length === 0 ? [] : ['--inputs', shellQuote(JSON.stringify(inputs))];
  const usual = plan === '.github/rollback.yml' ? [] : ['--plan', shellQuote(plan)];
  return [...usual, '--target', shellQuote(target.name), ...given];
}
