// The baseline: what checks and triggers measured before the deploy, kept in the ledger by `preflight` and handed to
// `verify`. ADR 0022.

import { messageOf } from '../errors.ts';
import {
  keptConditions,
  withBaselineFor,
  withBaselineOutdated,
  withBaselineUsed,
} from '../state/baseline-page.ts';
import type { Baseline, LedgerPage } from '../state/ledger.ts';
import { beforeLive } from '../target/history-rules.ts';
import type { BoundComponent, Pin } from '../target/pin.ts';
import type { Reading } from '../values/version.ts';
import { type BeforeDeploy, bindConditions, conditionKeys } from '../verify/bind-checks.ts';
import {
  type DeployFacts,
  servesRollbackFrom,
  settingsDigests,
  whyNoBaseline,
} from '../verify/judge-baseline.ts';
import { type MeasuredBefore, measureBefore } from '../verify/measure-before.ts';
import { changeLedger } from './change-ledger.ts';
import { keptBaseline } from './kept-baseline.ts';
import { keepsLedger, type Scopes, type Stage } from './stage.ts';

type Facts = Pick<Stage, 'request' | 'run' | 'world' | 'journal'>;

type Measured = MeasuredBefore & { readonly key: string; readonly name: string };

/** Looks at everything that `verify` will watch, side by side; once at what passes. */
export async function measureAll(
  scope: Scopes,
  { run, world }: Pick<Stage, 'run' | 'world'>,
): Promise<readonly Measured[]> {
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, { steady: false, occasion: 'any' });
  const keys = conditionKeys(run.plan);
  return await Promise.all(
    conditions.map(async (condition, index) => ({
      key: keys[index] ?? condition.name,
      name: condition.name,
      ...(await measureBefore(condition, run.site.context)),
    })),
  );
}

/** From here on the one that is there serves no deploy: also where this run is stopped before it keeps another. */
export async function outdateBaseline(facts: Facts): Promise<void> {
  if (!keepsLedger(facts)) return;
  const at = facts.world.clock.now().toISOString();
  const why = `the preflight of ${at} was to replace it, and kept none`;
  // Whoever can't write it says so when the new one is kept, and by then it is the same reason.
  await change('begin a new baseline', facts, (page) => withBaselineOutdated(page, why)).catch(
    () => undefined,
  );
}

/** Measures, and keeps it. What can't be kept is said. */
export async function takeBaseline(
  readings: ReadonlyMap<string, Reading>,
  scope: Scopes,
  facts: Facts,
): Promise<void> {
  const { request, run, world, journal } = facts;
  if (!keepsLedger(facts)) return;
  const measured = await measureAll(scope, facts);
  if (measured.length === 0 || world.signal.aborted) return;
  const settings = settingsDigests(run.plan);
  const baseline: Baseline = {
    at: world.clock.now().toISOString(),
    incident: request.incident,
    versions: digestsOf(readings),
    conditions: keptConditions(
      measured.map(({ key, state, value }) => ({ key, state, value, settings: settings.get(key) ?? '' })),
    ),
  };
  const ill = measured
    .filter(({ state }) => state !== 'pass')
    .map(({ name, state, evidence, unsettled }) =>
      unsettled === undefined
        ? `${name}: ${state} (${evidence})`
        : `${name}: fails now, which is no excuse for the deploy (${unsettled}; ${evidence})`,
    );
  try {
    await change('keep the baseline', facts, (page) => ({ ...page, baseline }));
    const failing = ill.length === 0 ? 'all well' : ill.join(', ');
    const text = `baseline of ${measured.length} ${measured.length === 1 ? 'condition' : 'conditions'} kept for the next verify: ${failing}`;
    await journal.emit({ type: 'note', level: ill.length === 0 ? 'info' : 'warning', text });
  } catch (thrown) {
    const text = `the baseline could not be kept, so verify will have nothing to compare with: ${messageOf(thrown)}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    world.log.warning(text);
  }
}

/** For a watch: what was measured before this very deploy. From then on the baseline is bound to it. */
export async function readBaseline(
  readings: ReadonlyMap<string, Reading>,
  components: readonly BoundComponent[],
  facts: Facts,
): Promise<BeforeDeploy> {
  const { request, world } = facts;
  const { before, used } = await keptBaseline(
    async (baseline, page) =>
      whyNoBaseline(baseline, {
        live: new Map(Object.entries(digestsOf(readings))),
        replaced: await askReplaced(readings, components, facts),
        incident: request.incident,
        now: world.clock.now(),
        page,
      }),
    facts,
  );
  if (used !== undefined && !request.dryRun) await bindToDeploy(used, readings, facts);
  return before;
}

/** However this watch ends, the next deploy is another one. */
async function bindToDeploy(
  { at }: Baseline,
  readings: ReadonlyMap<string, Reading>,
  facts: Facts,
): Promise<void> {
  try {
    const deploy = digestsOf(readings);
    await change('note which deploy the baseline serves', facts, (page) => withBaselineFor(page, at, deploy));
  } catch (thrown) {
    const text = `which deploy the baseline serves could not be noted: ${messageOf(thrown)}`;
    await facts.journal.emit({ type: 'note', level: 'warning', text });
  }
}

/** At the end of a rollback, whatever came of it: the deploy that the baseline was taken before is over. */
export async function noteBaselineUsed(
  incident: string,
  pins: readonly Pick<Pin, 'name' | 'change'>[],
  facts: Facts,
): Promise<void> {
  if (facts.request.mode === 'drill' || !keepsLedger(facts)) return;
  try {
    const from = new Map(pins.map(({ name, change }) => [name, change.from.digest]));
    await change('note that the baseline is used', facts, (page) =>
      withBaselineUsed(page, incident, (baseline) => servesRollbackFrom(baseline, from)),
    );
  } catch (thrown) {
    const text = `that the baseline has served this rollback could not be noted: ${messageOf(thrown)}`;
    await facts.journal.emit({ type: 'note', level: 'info', text });
  }
}

/** What may have been there right before what is live, where the history tells. What can't be read is not known. */
async function askReplaced(
  readings: ReadonlyMap<string, Reading>,
  components: readonly BoundComponent[],
  { run }: Facts,
): Promise<DeployFacts['replaced']> {
  const found = await Promise.all(
    components.map(async ({ name, kind, settings }) => {
      const live = readings.get(name)?.version;
      if (live === undefined || kind.tellsWhatWasLive?.(settings) !== true) return [];
      const history = await kind.history(run.site.context, settings).catch(() => []);
      const before = beforeLive(history, live);
      return before === undefined ? [] : [[name, before] as const];
    }),
  );
  return new Map(found.flat());
}

async function change(
  title: string,
  { run, world }: Facts,
  decide: (page: LedgerPage) => LedgerPage | undefined,
): Promise<void> {
  const { clock, signal } = world;
  await changeLedger({ site: run.site, service: run.service, title, clock, signal }, decide);
}

function digestsOf(readings: ReadonlyMap<string, Reading>): Record<string, string> {
  return Object.fromEntries([...readings].map(([name, { version }]) => [name, version.digest]));
}
