// What the deploy has put out, where `deployed` names it: waited for, because a deploy may need its time to arrive,
// and never rolled back from while it is not there.

import { RollbackPlanError } from '../errors.ts';
import type { BoundComponent } from '../target/pin.ts';
import type { Reading, Version } from '../values/version.ts';
import { readAll, type Stage } from './stage.ts';

const patienceMs = 60_000;
const everyMs = 2_000;

/** What is live once every named component is at its version. Throws `deploy-not-there`, and what reading throws. */
export async function awaitDeployed(
  components: readonly BoundComponent[],
  wanted: ReadonlyMap<string, string>,
  stage: Stage,
): Promise<ReadonlyMap<string, Reading>> {
  const { clock, signal } = stage.world;
  const until = clock.monotonicMs() + Math.min(patienceMs, stage.request.windowMs);
  for (let told = false; ; told = true) {
    const readings = await readAll(components, stage);
    const missing = whatIsMissing(wanted, readings);
    if (missing.length === 0) return readings;
    if (signal.aborted || clock.monotonicMs() + everyMs > until) throw notThere(missing);
    if (!told) stage.world.log.info(`the deploy is not there yet: ${missing.join('; ')}`);
    await clock.sleep(everyMs, signal);
  }
}

/** Components that are at another version than the deploy was to put out. Pure. */
export function whatIsMissing(
  wanted: ReadonlyMap<string, string>,
  readings: ReadonlyMap<string, Pick<Reading, 'version'>>,
): readonly string[] {
  return [...wanted].flatMap(([name, word]) => {
    const live = readings.get(name)?.version;
    if (live !== undefined && isCalled(live, word)) return [];
    return [`${name} was to be ${word}, and ${live?.label ?? 'nothing'} is live`];
  });
}

function isCalled({ id, names, digest }: Version, word: string): boolean {
  return id === word || digest === word || (names ?? []).includes(word);
}

function notThere(missing: readonly string[]): RollbackPlanError {
  return new RollbackPlanError('deploy-not-there', `the deploy did not arrive: ${missing.join('; ')}`, {
    hint: 'Nothing was changed. Look at the deploy. The input `deployed` names what it has put out: component=version, as `rollback-plan preflight` shows it.',
  });
}
