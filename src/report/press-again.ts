// The command that goes on with an incident, on a laptop; the workflow takes the same names as inputs.

import { shellQuote } from '../values/shell-quote.ts';
import { isKnown } from './fold-run.ts';
import type { Report } from './model.ts';
import { isDrill, isLost } from './run-kind.ts';
import { severityOf } from './wording.ts';

type Flag = readonly [flag: string, value: string | undefined];

/** Where `plan.ref` says this, the plan was the checked-out file, which is what a laptop takes anyway. */
const workingTree = 'the working tree';
/** What `to` is where nobody gives it. */
const usualTo = 'last-good';

/**
 * The same run once more. Versions are named where they are pinned, so that the second press can't mean something else
 * than the first; a value in `extra` replaces one of ours.
 */
export function runAgain(report: Report, extra: readonly Flag[] = []): readonly string[] {
  const { identity, changes, watch } = report;
  // Only Alertmanager can be an alert; a person presses.
  const again = isKnown(identity.mode) && identity.mode !== 'alert' && !isLost(report);
  const verb = again ? identity.mode : 'rollback';
  if (verb === 'rollback') {
    return line(verb, report, [
      ['--to', pins(changes) || given(identity.to)],
      ['--incident', identity.incident],
      ...extra,
    ]);
  }
  return line(verb, report, [
    ['--window', verb === 'verify' && watch !== undefined ? duration(watch.windowMs) : undefined],
    ['--to', verb === 'verify' ? given(identity.to) : undefined],
    // A drill that is pressed again is another drill, with a record of its own.
    ['--incident', verb === 'drill' ? undefined : identity.incident],
    ...extra,
  ]);
}

/** The button: takes the service back, whatever kind of run found out that it is needed. */
export function pressButton(report: Report, reason: string): readonly string[] {
  const { identity, changes, watch } = report;
  const drill = isDrill(report);
  const moving = changes.some(({ alreadyThere }) => !alreadyThere);
  // What a drill pinned is where its target was; what a watch pinned and does not move is what it watched, and bad.
  const to = moving || drill ? pins(changes) : given(identity.to);
  return line('rollback', report, [
    ['--scenario', watch?.result?.scenario ?? identity.scenario],
    ['--severity', severityOf(report)],
    ['--to', to],
    // Putting a drill's target back is not part of the drill, and no incident that has its id.
    ['--incident', drill ? undefined : identity.incident],
    // The reason that was given is of the deploy or the drill, not of this.
    ['--reason', reason],
  ]);
}

function pins(changes: Report['changes']): string {
  return changes.map(({ component, to }) => `${component}=${to.id}`).join(',');
}

/** As it was given, on one line; `undefined` where it is the usual one. */
function given(to: string | undefined): string | undefined {
  return to === usualTo ? undefined : to?.trim().replaceAll(/\s*\n\s*/g, ',');
}

/** As inputs take it. */
function duration(milliseconds: number): string {
  return milliseconds % 60_000 === 0
    ? `${milliseconds / 60_000}m`
    : `${Math.max(1, Math.round(milliseconds / 1000))}s`;
}

const order = [
  '--plan',
  '--plan-ref',
  '--target',
  '--scenario',
  '--severity',
  '--trigger',
  '--window',
  '--to',
  '--incident',
  '--reason',
  '--override',
  '--inputs',
];

function line(verb: string, { identity, decision }: Report, own: readonly Flag[]): readonly string[] {
  const { inputs, plan } = identity;
  const values = new Map<string, string | undefined>([
    ['--plan', plan.path === '.github/rollback.yml' ? undefined : plan.path],
    ['--plan-ref', plan.ref === workingTree ? undefined : plan.ref],
    ['--target', identity.target],
    ['--scenario', identity.scenario],
    ['--severity', identity.severity],
    // What a machine saw a person need not say again.
    ['--trigger', identity.mode === 'rollback' ? decision?.trigger : undefined],
    ['--reason', identity.reason],
    ['--override', identity.overrides.join(',')],
    [
      '--inputs',
      inputs === undefined || Object.keys(inputs).length === 0 ? undefined : JSON.stringify(inputs),
    ],
    ...own,
  ]);
  const flags = [...order, ...own.map(([flag]) => flag).filter((flag) => !order.includes(flag))];
  return [
    `rollback-plan ${shellQuote(verb)}`,
    ...[...new Set(flags)].flatMap((flag) => {
      const value = values.get(flag);
      return value === undefined || !isKnown(value)
        ? []
        : [`${flag} ${shellQuote(value.replaceAll(/\s+/g, ' '))}`];
    }),
  ];
}
