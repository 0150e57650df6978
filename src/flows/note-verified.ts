// Notes the versions that were just verified together in the ledger. What can't be noted is said; the verdict stands.

import { randomBytes } from 'node:crypto';
import type { Performed } from '../engine/perform.ts';
import { messageOf, RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import { isNewest, noteSnapshot, readLedger, type Snapshot, whereToRead } from '../state/ledger.ts';
import type { BoundComponent } from '../target/pin.ts';
import type { Operation } from '../values/operation.ts';
import type { Reading } from '../values/version.ts';
import type { Stage } from './stage.ts';

/** Somebody else may write at the same moment; each try reads anew. */
const tries = 4;
const deadlineMs = 15_000;

export async function noteVerified(
  components: readonly BoundComponent[],
  readings: ReadonlyMap<string, Reading>,
  stage: Stage,
): Promise<void> {
  const { run, world, journal } = stage;
  const snapshot = snapshotOf(components, readings, stage);
  const versions = Object.fromEntries(
    Object.entries(snapshot.components).map(([name, { label }]) => [name, label]),
  );
  try {
    for (let attempt = 1; ; attempt++) {
      const { cluster } = run.site.context;
      const ledger = await readLedger(cluster, run.service);
      const where = whereToRead(ledger.namespace);
      if (isNewest(ledger, snapshot)) {
        const id = ledger.snapshots[0]?.id ?? snapshot.id;
        return await journal.emit({ type: 'snapshot-noted', id, where, versions, fresh: false });
      }
      const operation: Operation = {
        id: 'ledger',
        title: 'note the verified versions in the ledger',
        act: { type: 'api', write: noteSnapshot(ledger, snapshot) },
        mutates: true,
        retry: 'idempotent',
        deadlineMs,
      };
      const limits = { deadlineMs, signal: world.signal, onLine: () => undefined };
      const done = await run.site.perform(operation, limits);
      if (done.ended === 'succeeded') {
        return await journal.emit({ type: 'snapshot-noted', id: snapshot.id, where, versions, fresh: true });
      }
      const raced = done.status === 409;
      if (!raced || attempt === tries) throw refusedBy(done, ledger.namespace);
    }
  } catch (thrown) {
    const { hint, code } = toRollbackPlanError(thrown);
    const advice = code === 'internal' ? '' : ` ${hint}`;
    const text = `the verified versions could not be noted, so last-good does not know them: ${messageOf(thrown)}${advice}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    world.log.warning(text);
  }
}

function snapshotOf(
  components: readonly BoundComponent[],
  readings: ReadonlyMap<string, Reading>,
  { request, run, world }: Stage,
): Snapshot {
  const at = world.clock.now().toISOString();
  const stamp = at
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return {
    id: `S-${stamp}-${randomBytes(2).toString('hex')}`,
    at,
    actor: request.caller.actor,
    incident: request.incident,
    ...(request.caller.run === undefined ? {} : { run: request.caller.run.url }),
    checks: [...run.plan.verify.map(({ name }) => name), ...run.plan.triggers.keys()],
    components: Object.fromEntries(
      components.flatMap(({ name, kind }) => {
        const reading = readings.get(name);
        if (reading === undefined) return [];
        const { id, label, digest } = reading.version;
        return [[name, { kind: kind.name, version: id, label, digest }]];
      }),
    ),
  };
}

function refusedBy(done: Performed, namespace: string): RollbackPlanError {
  const hint =
    done.status === 403
      ? `Give the account get, create and update on ConfigMaps: kubectl -n ${namespace} create role rollback-plan-ledger --verb=get,create,update --resource=configmaps`
      : `Look at it: ${whereToRead(namespace)}`;
  const message = `${done.sentence}: ${said(done.stdout)}`;
  return new RollbackPlanError('ledger-unreadable', message, { hint });
}

/** The server's own words out of a Status object, or the beginning of whatever it said. */
function said(body: string): string {
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return (message ?? body).replaceAll('\\"', '"').slice(0, 300);
}
