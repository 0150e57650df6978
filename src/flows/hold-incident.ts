// The incident of a rollback, as it is kept in the target: continued where one is open, else opened; written before
// anything changes, and closed by a green end. ADR 0016.

import { messageOf } from '../errors.ts';
import { ended, joined, mayBeAtWork, openIncidentOf, rested } from '../state/incident-page.ts';
import { readLedger } from '../state/ledger.ts';
import { begunWithoutEnd } from '../state/page-entries.ts';
import { createPageKeeper, type PageKeeper } from '../state/page-keeper.ts';
import { type Incident, type IncidentRun, readPage } from '../state/page-schema.ts';
import { openQuestions, type StepHistory, stepHistories } from '../state/step-histories.ts';
import type { Aim } from '../target/aim.ts';
import { decideIncident, type IncidentDecision } from '../target/continue-incident.ts';
import { type Destination, tellDestination } from '../target/destination.ts';
import type { FixedEnds } from '../target/fixed-version.ts';
import type { BoundComponent } from '../target/pin.ts';
import type { Reading } from '../values/version.ts';
import { isGreenVerdict, type Verdict } from '../verify/verdict.ts';
import { outlast } from './outlast.ts';
import type { Order, Stage } from './stage.ts';

export type HeldIncident = {
  /** Id of the incident: the press's own, or that of the one it continues. */
  readonly id: string;
  /** Whether there is one in the target to go on with, or to close. */
  readonly known: boolean;
  readonly continued: boolean;
  /** What was pinned when it was opened; `undefined` for a new one. */
  readonly fixed: ReadonlyMap<string, FixedEnds> | undefined;
  /** Names of the triggers that called for it in earlier runs. */
  readonly called: readonly string[];
  /** What earlier runs did, by the step's key. */
  readonly histories: ReadonlyMap<string, StepHistory>;
  /** Writes it before anything changes. From here on what the engine says goes to the target, too. */
  begin(aim: Aim): Promise<void>;
  /** Notes how the run ended. Never throws: a note says what could not be written. */
  end(verdict: Verdict): Promise<void>;
};

type Flow = Omit<Stage, 'takeBack'>;

/**
 * Takes the lock (not for a dry run) and reads the page. Throws `locked` and its like, `state-unreadable`,
 * `state-not-writable`, and what reading the components throws.
 */
export async function holdIncident(
  order: Order,
  components: readonly BoundComponent[],
  stage: Flow,
): Promise<HeldIncident> {
  const { hold, request, run, world, journal } = stage;
  const lock = order.dryRun ? undefined : await hold.take();
  const document = hold.state()?.journal;
  if (document === undefined) return unkept(request.incident);
  const stored = await document.read();
  const page = readPage(stored.text, document.whereToRead);
  const open = openIncidentOf(page);
  const keeper =
    lock === undefined
      ? undefined
      : createPageKeeper({
          document,
          stored,
          incident: page?.incident,
          writer: `${request.incident} fence ${lock.fence}`,
          redact: world.redact,
        });
  const atWork = open === undefined ? [] : mayBeAtWork(open);
  if (lock !== undefined && keeper !== undefined && (lock.tookOver !== undefined || atWork.length > 0)) {
    // First of all: whoever may still believe that it holds the lock fails with its next word.
    await keeper.write(page?.incident);
    if (open !== undefined) {
      await outlast(open, lock, stage);
      // Said at once: who presses after this run, whatever became of it, need not wait for it again.
      if (atWork.length > 0) await keeper.write(rested(open));
    }
  }
  const wanted = {
    destination: order.destination,
    target: run.target.name,
    scenario: order.scenario,
    components: components.map(({ name }) => name),
    inSnapshot: open === undefined ? undefined : await contentOf(order.destination, stage),
  };
  const decision = decideIncident(open, wanted, await readPinned(open, components, stage));
  await tell(decision, document.whereToRead, stage);
  return {
    ...known(decision, request.incident),
    async begin(aim) {
      if (keeper === undefined || lock === undefined) return;
      const at = world.clock.now().toISOString();
      const press: IncidentRun = {
        incident: request.incident,
        ...(request.caller.run === undefined ? {} : { url: request.caller.run.url }),
        actor: request.caller.actor,
        fence: lock.fence,
        startedAt: at,
      };
      const incident =
        decision.type === 'continue'
          ? joined(decision.incident, press, order.called)
          : opened(press, aim, decision, order, stage);
      await keeper.write(incident);
      // Once the lock is lost the page is the next holder's; a remote that hangs would hold up the end word by word.
      journal.keepAlso(async (event) => {
        if (hold.lock.lost === undefined) await keeper.take(event);
      });
      if (decision.type === 'continue') return;
      const told = {
        incident: incident.id,
        openedAt: at,
        openedBy: press.actor,
        detail: document.whereToRead,
      };
      await journal.emit({ type: 'incident', state: 'opened', ...told });
    },
    async end(verdict) {
      journal.keepAlso(undefined);
      if (keeper !== undefined) await note(verdict, keeper, stage);
    },
  };
}

function unkept(id: string): HeldIncident {
  const nothing = async (): Promise<void> => undefined;
  return {
    id,
    known: false,
    continued: false,
    fixed: undefined,
    called: [],
    histories: new Map(),
    begin: nothing,
    end: nothing,
  };
}

function known(decision: IncidentDecision, own: string): Omit<HeldIncident, 'begin' | 'end'> {
  if (decision.type !== 'continue') {
    const histories = new Map<string, StepHistory>();
    const base = { id: own, continued: false, fixed: undefined, called: [], histories };
    return { ...base, known: decision.type === 'supersede' };
  }
  const { incident } = decision;
  const steps = new Set(begunWithoutEnd(incident).map(({ step }) => step));
  const fixed = incident.pins.map(({ component, from, to }) => {
    const begun = incident.entries.some(
      (entry) => entry.type === 'step-started' && entry.component === component && steps.has(entry.step),
    );
    return [component, { from, to, incident: incident.id, begun }] as const;
  });
  return {
    id: incident.id,
    known: true,
    continued: true,
    fixed: new Map(fixed),
    called: incident.called ?? [],
    histories: stepHistories(incident),
  };
}

async function tell(decision: IncidentDecision, whereToRead: string, { journal }: Flow): Promise<void> {
  if (decision.type === 'open') return;
  const { id, openedAt, openedBy } = decision.incident;
  const base = { type: 'incident', incident: id, openedAt, openedBy } as const;
  await journal.emit(
    decision.type === 'continue'
      ? { ...base, state: 'continued', detail: whereToRead }
      : { ...base, state: 'superseded', detail: decision.because },
  );
  if (decision.type === 'continue') return;
  for (const question of openQuestions(stepHistories(decision.incident))) {
    const text = `${question}; this press begins anew and may do it again. If it must not happen twice, cancel now and look`;
    await journal.emit({ type: 'note', level: 'warning', text });
  }
}

function opened(
  press: IncidentRun,
  aim: Aim,
  decision: IncidentDecision,
  order: Order,
  { request, run }: Flow,
): Incident {
  const pins = [...aim.pins.values()].map(({ change, names }) => ({
    component: change.component,
    kind: change.kind,
    from: version(change.from),
    to: version({ ...change.to, ...(names === undefined ? {} : { names }) }),
  }));
  return {
    id: request.incident,
    service: run.service,
    target: run.target.name,
    scenario: order.scenario,
    to: tellDestination(order.destination),
    planDigest: run.plan.digest,
    approval: aim.digest,
    openedAt: press.startedAt,
    openedBy: press.actor,
    ...(decision.type === 'supersede' ? { supersedes: decision.incident.id } : {}),
    pins,
    ...(order.called === undefined || order.called.length === 0 ? {} : { called: [...order.called] }),
    runs: [press],
    entries: [],
  };
}

function version({ id, names, label, digest, at }: Reading['version']): Incident['pins'][number]['to'] {
  return {
    id,
    ...(names === undefined ? {} : { names: [...names] }),
    label,
    digest,
    ...(at === undefined ? {} : { at }),
  };
}

async function readPinned(
  open: Incident | undefined,
  components: readonly BoundComponent[],
  { run }: Flow,
): Promise<ReadonlyMap<string, Reading>> {
  const pinned = new Set(open?.pins.map(({ component }) => component));
  const readings = await Promise.all(
    components
      .filter(({ name }) => pinned.has(name))
      .map(async ({ name, kind, settings }) => [name, await kind.read(run.site.context, settings)] as const),
  );
  return new Map(readings);
}

/** What the snapshot holds that a person named. Whatever keeps us from knowing is told when versions are chosen. */
async function contentOf(
  destination: Destination,
  { run }: Flow,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (destination.type !== 'snapshot') return undefined;
  try {
    const { page } = await readLedger(run.site.context.cluster, run.service);
    const named = page.snapshots.find(({ id }) => id === destination.id);
    return new Map(Object.entries(named?.components ?? {}).map(([name, { digest }]) => [name, digest]));
  } catch {
    return undefined;
  }
}

async function note(verdict: Verdict, keeper: PageKeeper, { world, journal, hold }: Flow): Promise<void> {
  const { incident } = keeper;
  if (incident === undefined || hold.lock.lost !== undefined) return;
  const end = {
    at: world.clock.now().toISOString(),
    outcome: verdict.outcome,
    code: verdict.fault?.code,
    green: isGreenVerdict(verdict),
  };
  try {
    await keeper.write(ended(incident, end));
  } catch (thrown) {
    const text = `how this run ended could not be written to the journal in the target: ${messageOf(thrown)}`;
    await journal.emit({ type: 'note', level: 'warning', text });
  }
}
