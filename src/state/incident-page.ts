// The page of an incident: what has to survive the run that acts, so that the next one goes on instead of beginning anew.
// It lives in the target, is replaced as a whole, and speaks the words of `events.ts`. Pure; `page-keeper.ts` writes it.

import type { Outcome, RunEvent } from '../events.ts';
import { begunWithoutEnd, type Intent, mayHaveChanged, openOnce } from './page-entries.ts';
import type { Entry, Incident, IncidentPage, IncidentRun } from './page-schema.ts';

/** The incident that a press may continue. */
export function openIncidentOf(page: IncidentPage | undefined): Incident | undefined {
  return page?.incident?.closed === undefined ? page?.incident : undefined;
}

/** A run joins once nothing of the ones before it can be at work any more. `called`: triggers that made it press. */
export function joined(incident: Incident, run: IncidentRun, called: readonly string[] = []): Incident {
  const all = [...new Set([...(incident.called ?? []), ...called])];
  return {
    ...incident,
    ...(all.length === 0 ? {} : { called: all }),
    atRest: incident.runs.length,
    runs: [...incident.runs, run],
  };
}

/** Nothing of its runs can be at work any more. */
export function rested(incident: Incident): Incident {
  return { ...incident, atRest: incident.runs.length };
}

/** What changes something and may be under way still, begun by a run whose own end nobody has written down. */
export function mayBeAtWork(incident: Incident): readonly Intent[] {
  return begunWithoutEnd(incident).filter(
    ({ run, operation }) =>
      operation.mutates && run >= (incident.atRest ?? 0) && incident.runs[run]?.ended === undefined,
  );
}

/** The last run has ended; a green end closes the incident. */
export function ended(
  incident: Incident,
  end: {
    readonly at: string;
    readonly outcome: Outcome;
    readonly code: string | undefined;
    readonly green: boolean;
  },
): Incident {
  const { at, outcome, code } = end;
  const runs = incident.runs.map((run, index) =>
    index === incident.runs.length - 1
      ? { ...run, ended: { at, outcome, ...(code === undefined ? {} : { code }) } }
      : run,
  );
  const by = runs.at(-1)?.incident ?? incident.id;
  return { ...incident, runs, ...(end.green ? { closed: { at, outcome, by } } : {}) };
}

/** What the page keeps of an event, if anything: no output of commands, no captured state. */
export function withEvent(incident: Incident, event: RunEvent): Incident {
  const entry = entryOf(incident, event);
  return entry === undefined ? incident : { ...incident, entries: [...incident.entries, entry] };
}

function entryOf(incident: Incident, event: RunEvent): Entry | undefined {
  const run = incident.runs.length - 1;
  const { at } = event;
  switch (event.type) {
    case 'step-started':
      return {
        type: event.type,
        run,
        at,
        step: event.step,
        title: event.title,
        ...(event.component === undefined ? {} : { component: event.component }),
        ...(event.identity === undefined ? {} : { identity: event.identity }),
        ...(event.cleanup === true ? { cleanup: true } : {}),
      };
    case 'captured':
      return { type: event.type, run, at, of: event.of, label: event.label };
    case 'intent': {
      const { id, title, mutates, once } = event.operation;
      return {
        type: event.type,
        run,
        at,
        step: event.step,
        operation: { id, title, mutates, ...(once === true ? { once } : {}) },
        attempt: event.attempt,
        ...(event.to === undefined ? {} : { to: event.to }),
        deadlineMs: event.deadlineMs,
      };
    }
    case 'done':
      return {
        type: event.type,
        run,
        at,
        step: event.step,
        operation: event.operation,
        attempt: event.attempt,
        ended: event.ended,
        ...(event.uncertain === true ? { uncertain: true } : {}),
        ...(event.exitCode === undefined ? {} : { exitCode: event.exitCode }),
        evidence: event.evidence.slice(0, keptEvidence),
      };
    case 'step-finished':
      return finishedEntry(incident, run, event);
    default:
      return undefined;
  }
}

const keptEvidence = 1_000;

function finishedEntry(
  incident: Incident,
  run: number,
  event: Extract<RunEvent, { readonly type: 'step-finished' }>,
): Entry {
  const own = sinceStart(incident.entries, run, event.step);
  const started = own.find((entry) => entry.type === 'step-started');
  const identity = started?.identity ?? event.identity;
  return {
    type: 'step-finished',
    run,
    at: event.at,
    step: event.step,
    title: event.title,
    ...(event.component === undefined ? {} : { component: event.component }),
    status: event.status,
    ...(event.settled === undefined ? {} : { settled: true }),
    evidence: event.evidence.slice(0, keptEvidence),
    ...(event.fault === undefined ? {} : { code: event.fault.code }),
    outputs: event.outputs,
    ...(identity === undefined ? {} : { identity }),
    ...(started?.cleanup === true ? { cleanup: true } : {}),
    ...(mayHaveChanged(own) ? { changed: true } : {}),
    ...(event.status !== 'succeeded' && openOnce(own).length > 0 ? { uncertain: true } : {}),
  };
}

/** Entries of a step's last start in a run. */
function sinceStart(entries: readonly Entry[], run: number, step: string): readonly Entry[] {
  const own = entries.filter((entry) => entry.run === run && 'step' in entry && entry.step === step);
  const start = own.findLastIndex(({ type }) => type === 'step-started');
  return start < 0 ? own : own.slice(start);
}
