// One run's events to one run's report: bookkeeping per event, conclusions at the end. Internal to the model.

import type { CheckResult, ComponentChange, RunEvent, RunIdentity } from '../events.ts';
import { endsGreen } from '../events.ts';
import { incidentText, takenOverText } from './continued-words.ts';
import { Findings, lastSignOfLife } from './findings.ts';
import type { CheckReport, GateReport, Measured, PublishedReport, RunReport, Verdict } from './model.ts';
import { recoveryOf } from './recovery.ts';
import { StepLedger } from './step-ledger.ts';
import { timelineOf } from './timeline.ts';

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

const unknown = 'unknown';

/** Whether a name was given, or the journal leaves it open. */
export function isKnown(name: string): boolean {
  return name.trim() !== '' && name !== unknown;
}

/** Stands in where a journal doesn't say who and what; a record with holes beats no record. */
const unknownIdentity: RunIdentity = {
  incident: unknown,
  mode: unknown,
  dryRun: false,
  service: unknown,
  target: unknown,
  scenario: unknown,
  reason: '',
  actor: unknown,
  overrides: [],
  plan: { path: unknown, digest: unknown },
  tool: unknown,
};

export function foldRun(events: readonly RunEvent[]): RunReport {
  const steps = new StepLedger();
  const findings = new Findings();
  const measured: { readonly result: Measured; readonly afterChange: boolean }[] = [];
  const gates: GateReport[] = [];
  const notes: RunReport['notes'][number][] = [];
  const captured: RunReport['captured'][number][] = [];
  const published: PublishedReport[] = [];
  let identity = unknownIdentity;
  let changes: readonly ComponentChange[] = [];
  let digest: string | undefined;
  let cancelledBy: string | undefined;
  let finished: EventOf<'run-finished'> | undefined;

  for (const event of events) {
    steps.take(event);
    findings.take(event);
    switch (event.type) {
      case 'run-started':
        // A second one is of somebody who looks afterwards; the run stays what it was.
        if (identity === unknownIdentity) identity = identityOf(event);
        break;
      case 'gate':
        gates.push({
          at: event.at,
          name: event.name,
          subject: event.subject,
          state: event.state,
          detail: event.detail,
          hint: event.hint,
          override: event.override,
        });
        break;
      case 'pinned':
        changes = event.changes;
        digest = event.digest;
        break;
      case 'captured':
        captured.push({
          at: event.at,
          of: event.of,
          label: event.label,
          namespace: event.namespace,
          folder: event.folder,
          files: event.files ?? [],
          lacking: event.lacking ?? [],
        });
        break;
      case 'check-finished':
        measured.push({ result: measuredOf(event), afterChange: steps.changedAnything });
        break;
      case 'note':
        notes.push({ level: event.level, text: event.text });
        break;
      case 'lock-taken-over':
        notes.push({ level: 'warning', text: takenOverText(event) });
        break;
      case 'incident':
        if (event.state === 'opened') break;
        notes.push({
          level: event.state === 'superseded' ? 'warning' : 'info',
          text: `This run ${event.state === 'superseded' ? 'begins a new incident: ' : ''}${incidentText(event)}`,
        });
        break;
      case 'cancel-requested':
        cancelledBy = event.by;
        break;
      case 'run-finished':
        finished = event;
        break;
      case 'published':
        published.push({
          at: event.at,
          ok: event.ok,
          path: event.path,
          url: event.url,
          branch: event.branch,
          pullRequest: event.pullRequest,
          compare: event.compare,
          fault: event.fault,
        });
        break;
      default:
        break;
    }
  }

  const first = events[0];
  const said = finished !== undefined && !isLost(finished) ? finished : undefined;
  const end = said ?? events[Math.max(0, lastSignOfLife(events))];
  const durationMs = said?.durationMs ?? Math.max(0, end?.elapsedMs ?? 0);
  const verdict = verdictOf(finished, cancelledBy);
  const { watch, soak, decision, charts, rechecks, followUps, snapshot, measures, compared, found } =
    findings;
  return {
    identity,
    startedAt: first?.at ?? '1970-01-01T00:00:00.000Z',
    endedAt: end?.at ?? '1970-01-01T00:00:00.000Z',
    durationMs,
    verdict,
    recovery: recoveryOf({ identity, verdict, tookMs: durationMs, watch: findings.watchEnd, measures }),
    changes,
    digest,
    phases: steps.phases(end?.elapsedMs ?? 0),
    checks: checksOf(measured, steps.changedAnything),
    gates,
    notes,
    captured,
    timeline: timelineOf(events),
    cancelledBy,
    published,
    watch,
    soak,
    charts,
    decision,
    rechecks,
    followUps,
    snapshot,
    measures,
    compared,
    found,
    changedAnything: steps.changedAnything,
  };
}

/** The event without what belongs to its place in the journal. */
function identityOf(event: EventOf<'run-started'>): RunIdentity {
  const { type: _type, version: _version, seq: _seq, at: _at, elapsedMs: _elapsedMs, ...identity } = event;
  return identity;
}

function measuredOf(event: EventOf<'check-finished'>): Measured {
  const { type: _type, seq: _seq, elapsedMs: _elapsedMs, ...result } = event;
  const check: CheckResult & { readonly at: string } = result;
  return check;
}

/** Said by whoever looked afterwards, not by the run. */
function isLost(finished: EventOf<'run-finished'>): boolean {
  return finished.outcome === 'interrupted' && finished.fault?.code === 'run-lost';
}

function verdictOf(finished: EventOf<'run-finished'> | undefined, cancelledBy: string | undefined): Verdict {
  if (finished !== undefined) {
    return {
      outcome: finished.outcome,
      green: endsGreen(finished),
      fault: finished.fault,
      failedStep: finished.failedStep,
      said: !isLost(finished),
    };
  }
  const fault =
    cancelledBy === undefined
      ? undefined
      : {
          code: 'cancelled' as const,
          message: `cancelled by ${cancelledBy}, and the run ended before it could say how far it came`,
          hint: 'Run the same command again: what is already back stays untouched. Only a request or a script that was under way may happen a second time.',
        };
  return { outcome: 'interrupted', green: false, fault, failedStep: undefined, said: false };
}

function checksOf(
  measured: readonly { readonly result: Measured; readonly afterChange: boolean }[],
  changedAnything: boolean,
): readonly CheckReport[] {
  const names = [...new Set(measured.map(({ result }) => result.name))];
  return names.map((name) => {
    const own = measured.filter(({ result }) => result.name === name);
    const before = changedAnything ? own.findLast(({ afterChange }) => !afterChange)?.result : undefined;
    const now = own.findLast(({ afterChange }) => afterChange || !changedAnything)?.result;
    return { name, kind: (now ?? before)?.kind ?? 'unknown', before, now, measurements: own.length };
  });
}
