// The page of an incident: what has to survive the run that acts, so that the next one goes on instead of beginning anew.
// It lives in the target, is replaced as a whole, and speaks the words of `events.ts`. Pure; `page-keeper.ts` writes it.

import { z } from 'zod';
import { messageOf, RollbackPlanError } from '../errors.ts';
import { greenOutcomes, type Outcome, type RunEvent, redOutcomes } from '../events.ts';
import type { JsonObject } from '../values/json.ts';

const text = z.string();
const versionSchema = z.object({
  id: text,
  names: z.array(text).readonly().exactOptional(),
  label: text,
  digest: text,
  at: text.exactOptional(),
});
const pinSchema = z.object({ component: text, kind: text, from: versionSchema, to: versionSchema });

const runSchema = z.object({
  /** The press's own incident id; the first one's is the incident's. */
  incident: text,
  url: text.exactOptional(),
  actor: text,
  fence: z.number(),
  /** RFC 3339, by that run's clock: told to people, never compared. */
  startedAt: text,
  ended: z.object({ at: text, outcome: text, code: text.exactOptional() }).exactOptional(),
});

const placed = { run: z.number().int().nonnegative(), at: text };
const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('step-started'),
    ...placed,
    step: text,
    title: text,
    component: text.exactOptional(),
    identity: text.exactOptional(),
    cleanup: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal('captured'), ...placed, of: text, label: text }),
  z.object({
    type: z.literal('intent'),
    ...placed,
    step: text,
    operation: z.object({ id: text, title: text, mutates: z.boolean(), once: z.boolean().exactOptional() }),
    attempt: z.number(),
    to: text.exactOptional(),
    deadlineMs: z.number(),
  }),
  z.object({
    type: z.literal('done'),
    ...placed,
    step: text,
    operation: text,
    attempt: z.number(),
    ended: text,
    uncertain: z.boolean().exactOptional(),
    exitCode: z.number().exactOptional(),
    evidence: text,
  }),
  z.object({
    type: z.literal('step-finished'),
    ...placed,
    step: text,
    title: text,
    component: text.exactOptional(),
    status: z.enum(['succeeded', 'failed', 'skipped', 'unknown']),
    settled: z.boolean().exactOptional(),
    evidence: text,
    code: text.exactOptional(),
    outputs: z.record(text, z.json()).transform((outputs): JsonObject => outputs),
    /** What the entries before it told, so that it can stand alone. */
    identity: text.exactOptional(),
    cleanup: z.boolean().exactOptional(),
    changed: z.boolean().exactOptional(),
    uncertain: z.boolean().exactOptional(),
  }),
]);

const incidentSchema = z.object({
  id: text.min(1),
  service: text,
  target: text,
  scenario: text,
  /** As it was asked for: `previous`, `api=2`. */
  to: text,
  planDigest: text,
  /** Digest that an approval of the first press was of. */
  approval: text,
  openedAt: text,
  openedBy: text,
  /** Id of the one that was open before, and that this one took the place of. */
  supersedes: text.exactOptional(),
  pins: z.array(pinSchema),
  runs: z.array(runSchema).min(1),
  entries: z.array(entrySchema),
  /** Of how many runs, from the first one, nothing can be at work any more: their processes or deadlines are over. */
  atRest: z.number().int().nonnegative().exactOptional(),
  closed: z
    .object({ at: text, outcome: z.enum([...greenOutcomes, ...redOutcomes]), by: text })
    .exactOptional(),
});

const pageSchema = z.object({
  version: z.literal(1),
  /** Who wrote this text, and which of its texts it is: no two texts are ever the same. */
  writer: text,
  number: z.number().int().nonnegative(),
  incident: incidentSchema.exactOptional(),
});

export type IncidentPage = z.infer<typeof pageSchema>;
export type Incident = z.infer<typeof incidentSchema>;
export type IncidentRun = z.infer<typeof runSchema>;
export type PagePin = z.infer<typeof pinSchema>;
export type Entry = z.infer<typeof entrySchema>;

/** `undefined` where there is none yet. Throws `state-unreadable` for what no version of ours wrote. */
export function readPage(stored: string | undefined, whereToRead: string): IncidentPage | undefined {
  if (stored === undefined) return undefined;
  try {
    return pageSchema.parse(JSON.parse(stored));
  } catch (cause) {
    const newer = isNewer(stored);
    throw new RollbackPlanError(
      'state-unreadable',
      newer
        ? 'the journal in the target was written by a newer Rollback Plan'
        : `the journal in the target is not what Rollback Plan writes: ${firstLine(messageOf(cause))}`,
      {
        hint: newer
          ? 'Use that version here, too. To act without it, from the local journal alone: override: local-journal'
          : `Look at it: ${whereToRead}\nDelete it to begin anew, once you know that nothing it tells of is still under way.`,
        cause,
      },
    );
  }
}

function isNewer(stored: string): boolean {
  try {
    return z.object({ version: z.number().gt(1) }).safeParse(JSON.parse(stored)).success;
  } catch {
    return false;
  }
}

function firstLine(message: string): string {
  return message.split('\n').slice(0, 3).join(' ').slice(0, 200);
}

/** The incident that a press may continue. */
export function openIncidentOf(page: IncidentPage | undefined): Incident | undefined {
  return page?.incident?.closed === undefined ? page?.incident : undefined;
}

/** A run joins once nothing of the ones before it can be at work any more. */
export function joined(incident: Incident, run: IncidentRun): Incident {
  return { ...incident, atRest: incident.runs.length, runs: [...incident.runs, run] };
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

export type Intent = Extract<Entry, { readonly type: 'intent' }>;
type Done = Extract<Entry, { readonly type: 'done' }>;

export function doneOf(intent: Intent, entries: readonly Entry[]): Done | undefined {
  return entries.find(
    (entry): entry is Done =>
      entry.type === 'done' &&
      entry.run === intent.run &&
      entry.step === intent.step &&
      entry.operation === intent.operation.id &&
      entry.attempt === intent.attempt,
  );
}

/** Skipped by a condition or a failure before it: says nothing of what it did in another run. */
export function isLeftOut(entry: Entry): boolean {
  return entry.type === 'step-finished' && entry.status === 'skipped' && entry.settled !== true;
}

/** Ends that tell nothing of the effect: the command was cut off. */
const cutOff: readonly string[] = ['cancelled', 'timed-out'];

/** Intents of things done once whose effect nobody saw. */
export function openOnce(entries: readonly Entry[]): readonly Intent[] {
  return entries.filter((entry): entry is Intent => {
    if (entry.type !== 'intent' || entry.operation.once !== true) return false;
    const done = doneOf(entry, entries);
    return done === undefined || done.uncertain === true || cutOff.includes(done.ended);
  });
}

export function mayHaveChanged(entries: readonly Entry[]): boolean {
  return entries.some(
    (entry) =>
      entry.type === 'intent' && entry.operation.mutates && doneOf(entry, entries)?.ended !== 'not-started',
  );
}

/** Intents of runs before this one without an end: what a process that was not seen to stop may still be doing. */
export function begunWithoutEnd(incident: Incident): readonly Intent[] {
  const { entries } = incident;
  return entries.filter(
    (entry): entry is Intent =>
      entry.type === 'intent' &&
      doneOf(entry, entries) === undefined &&
      !entries.some(
        (other) => other.type === 'step-finished' && other.step === entry.step && other.run === entry.run,
      ),
  );
}

/** An object of etcd holds 1.5 MB at most, a ConfigMap 1 MiB. */
const longestPage = 700_000;

/** The page as text, redacted, and kept under what a ConfigMap holds by folding the oldest runs' entries. */
export function renderPage(page: IncidentPage, redact: (text: string) => string): string {
  for (let folded = 0; ; folded++) {
    const rendered = JSON.stringify(foldRuns(page, folded), (key, value: unknown) =>
      typeof value === 'string' && key !== 'type' ? redact(value) : value,
    );
    const all = (page.incident?.runs.length ?? 0) <= folded;
    if (Buffer.byteLength(rendered) <= longestPage || all) return rendered;
  }
}

/**
 * Of the first `count` runs only what never ended, and of what ended the last word about each step, and what a cleanup
 * changed: a step that is left alone at every press says the same at every press, outputs and all.
 */
function foldRuns(page: IncidentPage, count: number): IncidentPage {
  const { incident } = page;
  if (incident === undefined || count === 0) return page;
  const ends = new Set(
    incident.entries.flatMap((entry) =>
      entry.type === 'step-finished' ? [`${entry.run} ${entry.step}`] : [],
    ),
  );
  const last = new Map<string, Entry>();
  for (const entry of incident.entries) {
    if (entry.type === 'step-finished' && !isLeftOut(entry)) last.set(entry.step, entry);
  }
  const entries = incident.entries.filter((entry) => {
    if (entry.run >= count) return true;
    if (entry.type === 'step-finished')
      return last.get(entry.step) === entry || (entry.cleanup === true && entry.changed === true);
    return entry.type !== 'captured' && !ends.has(`${entry.run} ${entry.step}`);
  });
  return { ...page, incident: { ...incident, entries } };
}
