// Notes the versions that were just verified together in the ledger. What can't be noted is said; the verdict stands.

import { messageOf, toRollbackPlanError } from '../errors.ts';
import { withBaselineUsed } from '../state/baseline-page.ts';
import { withSnapshot } from '../state/ledger-page.ts';
import { snapshotOf } from '../state/snapshot.ts';
import type { BoundComponent } from '../target/pin.ts';
import type { Reading } from '../values/version.ts';
import { checksFor } from '../verify/bind-checks.ts';
import { changeLedger } from './change-ledger.ts';
import { withRunningImages } from './running-images.ts';
import type { Stage } from './stage.ts';

export async function noteVerified(
  components: readonly BoundComponent[],
  readings: ReadonlyMap<string, Reading>,
  stage: Stage,
): Promise<void> {
  const { request, run, world, journal } = stage;
  const snapshot = snapshotOf({
    now: world.clock.now(),
    actor: request.caller.actor,
    incident: request.incident,
    ...(request.caller.run === undefined ? {} : { run: request.caller.run.url }),
    checks: [...checksFor(run.plan, 'deploy').map(({ name }) => name), ...run.plan.triggers.keys()],
    readings: withKinds(components, await withRunningImages(components, readings, run.site.context)),
  });
  const versions = Object.fromEntries(
    Object.entries(snapshot.components).map(([name, { label }]) => [name, label]),
  );
  const title = 'note the verified versions in the ledger';
  const { clock, signal } = world;
  try {
    const { page, written, where } = await changeLedger(
      { site: run.site, service: run.service, title, clock, signal },
      (now) => {
        const noted = withSnapshot(now, snapshot);
        // The deploy that it was measured before is good: it says nothing about the next one.
        return withBaselineUsed(noted ?? now, request.incident) ?? noted;
      },
    );
    // After a write whose answer was lost, the newest one is ours all the same.
    const id = page.snapshots[0]?.id ?? snapshot.id;
    const fresh = written || id === snapshot.id;
    await journal.emit({ type: 'snapshot-noted', id, where, versions, fresh });
  } catch (thrown) {
    const { hint, code } = toRollbackPlanError(thrown);
    const advice = code === 'internal' ? '' : ` ${hint}`;
    const text = `the verified versions could not be noted, so last-good does not know them: ${messageOf(thrown)}${advice}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    world.log.warning(text);
  }
}

export function withKinds(
  components: readonly BoundComponent[],
  readings: ReadonlyMap<string, Reading>,
): ReadonlyMap<string, { readonly kind: string; readonly reading: Reading }> {
  return new Map(
    components.flatMap(({ name, kind }) => {
      const reading = readings.get(name);
      return reading === undefined ? [] : [[name, { kind: kind.name, reading }] as const];
    }),
  );
}
