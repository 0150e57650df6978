// The gates of a run: all are asked, everything found is told, and only then the first refusal counts.

import { RollbackPlanError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { askGates, type ToldFinding } from './ask-gates.ts';
import type { Gate, GateSubject } from './gates/gate.ts';
import { gates as allGates } from './gates/registry.ts';

/** Lifts every refusal of a gate that may be lifted; never the lock, the journal, the trusted plan or the approval. */
export const breakGlass = 'break-glass';

export type GateOptions = {
  /** Names that a person gave with this run. */
  readonly overrides: readonly string[];
  readonly emit: Emit;
  readonly gates?: readonly Gate<unknown>[];
  /** How long one look may take, ms. */
  readonly limitMs?: number;
};

/** Throws `not-ready` with everything that refuses and that nobody overrides. Tells all findings first. */
export async function proveReady(subject: Omit<GateSubject, 'signal'>, options: GateOptions): Promise<void> {
  const error = await tellGates(subject, options);
  if (error !== undefined) throw error;
}

/** Asks and tells; the error that a run has to stop with, if there is one. */
export async function tellGates(
  subject: Omit<GateSubject, 'signal'>,
  { overrides, emit, gates = allGates, limitMs }: GateOptions,
): Promise<RollbackPlanError | undefined> {
  const findings = await askGates(gates, subject, limitMs);
  for (const { gate, subject: about, state, detail, hint, override } of findings) {
    await emit({
      type: 'gate',
      name: gate,
      ...(about === '' ? {} : { subject: about }),
      state,
      detail,
      ...(hint === undefined ? {} : { hint }),
      ...(override === undefined ? {} : { override }),
    });
  }
  for (const finding of findings) {
    const given = overrideGiven(finding, overrides);
    if (given === undefined) continue;
    const text = `gate ${nameOf(finding)} refuses: ${finding.detail}; going on because of override ${given}`;
    await emit({ type: 'note', level: 'warning', text });
  }
  return refusalOf(findings, overrides);
}

/** One error for everything that refuses and is not overridden. Pure. */
export function refusalOf(
  findings: readonly ToldFinding[],
  overrides: readonly string[],
): RollbackPlanError | undefined {
  const refusing = findings.filter(
    (finding) => finding.state === 'refuse' && overrideGiven(finding, overrides) === undefined,
  );
  if (refusing.length === 0) return undefined;
  const told = refusing.map((finding) => `${nameOf(finding)}: ${finding.detail}`);
  const count = refusing.length === 1 ? 'a gate refuses' : `gates refuse ${refusing.length} times`;
  return new RollbackPlanError('not-ready', `${count}: ${told.join('; ')}`, {
    hint: hintFor(refusing),
    facts: { gates: [...new Set(refusing.map(({ gate }) => gate))] },
  });
}

function hintFor(refusing: readonly ToldFinding[]): string {
  const wayOn = (finding: ToldFinding): string =>
    finding.override === undefined
      ? 'Nobody can override this.'
      : `To go on all the same: override: ${finding.override}`;
  const [only, ...others] = refusing;
  if (only !== undefined && others.length === 0)
    return [only.hint ?? 'Mend it, then press again.', wayOn(only)].join('\n');
  return [
    'Nothing was changed. Mend what each gate names, then press again:',
    // Not indented: a command with lines of its own has to work as it is copied.
    ...refusing.flatMap((finding) => [
      '',
      `${nameOf(finding)}:`,
      ...(finding.hint ?? 'Mend it.').split('\n'),
      wayOn(finding),
    ]),
  ].join('\n');
}

/** The override that lifts a refusal, where somebody gave it. */
function overrideGiven(finding: ToldFinding, overrides: readonly string[]): string | undefined {
  const { state, override } = finding;
  if (state !== 'refuse' || override === undefined) return undefined;
  return [override, breakGlass].find((name) => overrides.includes(name));
}

function nameOf({ gate, subject }: ToldFinding): string {
  return subject === '' ? gate : `${gate} (${subject})`;
}
