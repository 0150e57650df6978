// The verb `ledger`: shows the page, notes what a person vouches for or has done, lifts what a person says was not to
// blame. Acts on nothing but the page.

import { RollbackPlanError } from '../errors.ts';
import { createToolProof, proveConfirmation } from '../preflight/gates.ts';
import type { Request } from '../request.ts';
import { openTasks, withDone } from '../state/follow-ups.ts';
import { type LedgerPage, type Quarantined, readLedger, whereToRead } from '../state/ledger.ts';
import { quarantinedAs, withLog, withoutQuarantined, withSnapshot } from '../state/ledger-page.ts';
import { snapshotOf } from '../state/snapshot.ts';
import { loadRun, type PlannedRun } from '../target/load-run.ts';
import type { Site, World } from '../world.ts';
import { changeLedger } from './change-ledger.ts';
import { doneCommand, liftCommand } from './ledger-command.ts';
import { withKinds } from './note-verified.ts';
import { withRunningImages } from './running-images.ts';
import { bindAll, readAll } from './stage.ts';
import { whyNotVouchable } from './vouchable.ts';
import { withoutSecrets } from './without-secrets.ts';

export type LedgerShown = {
  readonly service: string;
  readonly target: string;
  readonly page: LedgerPage;
  /** The kubectl command that shows the same; `undefined` as long as nobody wrote a ledger. */
  readonly where: string | undefined;
  readonly now: Date;
  readonly liftCommand: (entry: Quarantined) => string;
  readonly doneCommand: ReturnType<typeof doneCommand>;
};

/** `lift`: which entry of the quarantine is meant. */
export type Lift = {
  readonly component: string;
  readonly by: { readonly version: string } | { readonly digest: string };
};

const silent = { emit: async () => undefined };

export async function showLedger(request: Request, world: World): Promise<LedgerShown> {
  return await onTarget(request, world, async (run) => {
    const { page, namespace, object } = await readLedger(run.site.context.cluster, run.service);
    return {
      service: run.service,
      target: run.target.name,
      page,
      where: object === undefined ? undefined : whereToRead(namespace),
      now: world.clock.now(),
      liftCommand: liftCommand(request, run, page.quarantine),
      doneCommand: doneCommand(request, run),
    };
  });
}

/** Throws `component-unreadable` and its like, `not-ready` where what is live is no place to vouch for. */
export async function seedLedger(request: Request, world: World): Promise<string> {
  return await onTarget(request, world, async (run) => {
    proveConfirmation(request.confirm, run.target.name);
    const proveTools = createToolProof(run.site.processes, silent.emit);
    const components = await bindAll({ run, world, proveTools });
    const readings = await readAll(components, { run });
    const { actor } = request.caller;
    const snapshot = snapshotOf({
      now: world.clock.now(),
      actor,
      incident: request.incident,
      checks: [],
      vouchedBy: actor,
      reason: request.reason,
      readings: withKinds(components, await withRunningImages(components, readings, run.site.context)),
    });
    const versions = Object.entries(snapshot.components).map(([name, { label }]) => `${name} ${label}`);
    const did = `vouched for ${versions.join(', ')} (${snapshot.id})`;
    const log = { at: snapshot.at, by: actor, did, reason: request.reason };
    const { page, written, where } = await changeLedger(
      asked(run, world, 'note what a person vouches for'),
      (now) => {
        const why = whyNotVouchable(readings, now.quarantine, liftCommand(request, run, now.quarantine));
        if (why !== undefined) throw why;
        return withSnapshot(now, snapshot, log);
      },
    );
    const [newest] = page.snapshots;
    return written || newest?.id === snapshot.id
      ? `noted: ${versions.join(', ')} as snapshot ${snapshot.id}, vouched for by ${actor}\nread it: ${where}`
      : `nothing to note: snapshot ${newest?.id} holds these very versions already\nread it: ${where}`;
  });
}

/** Throws `input-invalid` for what is not in quarantine, or may be one of several. */
export async function liftFromLedger(request: Request, lift: Lift, world: World): Promise<string> {
  return await onTarget(request, world, async (run) => {
    proveConfirmation(request.confirm, run.target.name);
    const { cluster } = run.site.context;
    const ledger = await readLedger(cluster, run.service);
    const entry = meant(lift, ledger.page, liftCommand(request, run, ledger.page.quarantine));
    const by = request.caller.actor;
    const at = world.clock.now().toISOString();
    const did = `lifted ${entry.component} ${entry.label} (${entry.digest}) from quarantine`;
    const { where } = await changeLedger(asked(run, world, 'lift from quarantine'), (now) =>
      withoutQuarantined(now, [entry], { at, by, did, reason: request.reason }),
    );
    return `${did}, where incident ${entry.incident} had put it\nread it: ${where}`;
  });
}

/** Throws `input-invalid` for what is not to be done any more, or never was. */
export async function noteDone(
  request: Request,
  task: { readonly incident: string; readonly followUp: string },
  world: World,
): Promise<string> {
  return await onTarget(request, world, async (run) => {
    proveConfirmation(request.confirm, run.target.name);
    const which = { incident: task.incident, name: task.followUp };
    const { page } = await readLedger(run.site.context.cluster, run.service);
    const open = page.followUps.flatMap((one) =>
      openTasks(one).map(({ name, title }) => ({ incident: one.incident, name, title })),
    );
    const known = open.find(({ incident, name }) => incident === which.incident && name === which.name);
    if (known === undefined) {
      const command = doneCommand(request, run);
      const lines = open.map((one) => `  ${command(one)}  # ${one.title}`);
      throw new RollbackPlanError(
        'input-invalid',
        `nothing called ${which.name} is to be done after ${which.incident}`,
        {
          hint:
            lines.length === 0
              ? 'Nothing at all is to be done.'
              : ['What is open, and the line to type:', ...lines].join('\n'),
        },
      );
    }
    const by = request.caller.actor;
    const at = world.clock.now().toISOString();
    const did = `noted as done: ${known.title}, after ${known.incident}`;
    const { where } = await changeLedger(asked(run, world, 'note that a follow-up is done'), (now) => {
      const after = withDone(now, which, { at, by });
      return after === undefined ? undefined : withLog(after, { at, by, did, reason: request.reason });
    });
    return `${did}\nread it: ${where}`;
  });
}

function meant(
  { component, by }: Lift,
  { quarantine }: LedgerPage,
  command: (entry: Quarantined) => string,
): Quarantined {
  const wanted = 'digest' in by ? by.digest : by.version;
  const found =
    'digest' in by
      ? [quarantinedAs(quarantine, { component, digest: by.digest })].filter((each) => each !== undefined)
      : quarantine.filter((each) => each.component === component && each.version === by.version);
  const [entry, ...others] = found;
  if (entry !== undefined && others.length === 0) return entry;
  const shown = entry === undefined ? quarantine : found;
  const lines = shown.map((each) => `  ${command(each)}  # ${each.label}, ${each.at}`);
  const message =
    entry === undefined
      ? `nothing of ${component} in quarantine is ${wanted}`
      : `${component} ${wanted} may mean ${found.length} entries of the quarantine`;
  throw new RollbackPlanError('input-invalid', message, {
    hint:
      lines.length === 0
        ? 'The quarantine is empty.'
        : ['What is there, and the line to type:', ...lines].join('\n'),
  });
}

function asked(run: PlannedRun<Site>, world: World, title: string): Parameters<typeof changeLedger>[0] {
  return { site: run.site, service: run.service, title, clock: world.clock, signal: world.signal };
}

async function onTarget<Told>(
  request: Request,
  world: World,
  act: (run: PlannedRun<Site>) => Promise<Told>,
): Promise<Told> {
  world.limitTime(request.timeoutMs);
  const run = await loadRun(request, withoutSecrets(world), silent.emit);
  try {
    return await act(run);
  } finally {
    await run.site.close();
  }
}
