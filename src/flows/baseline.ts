// The baseline: what checks and triggers measured before the deploy, kept in the ledger by `preflight` and handed to
// `verify`. ADR 0022.

import { messageOf } from '../errors.ts';
import { type Baseline, readLedger } from '../state/ledger.ts';
import type { Json } from '../values/json.ts';
import type { Reading } from '../values/version.ts';
import { type BeforeDeploy, bindConditions, conditionKeys } from '../verify/bind-checks.ts';
import { whyNoBaseline } from '../verify/judge-baseline.ts';
import { measure } from '../verify/run-checks.ts';
import { changeLedger } from './change-ledger.ts';
import { keepsLedger, type Scopes, type Stage } from './stage.ts';

type Facts = Omit<Stage, 'takeBack'>;

/** More is no measurement but a document. */
const longestValue = 4_096;

/** Looks once at everything that `verify` will watch, and keeps it. What can't be kept is said. */
export async function takeBaseline(
  readings: ReadonlyMap<string, Reading>,
  scope: Scopes,
  { request, run, world, journal }: Facts,
): Promise<void> {
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, { steady: false, occasion: 'any' });
  if (conditions.length === 0 || !keepsLedger({ run })) return;
  const { context } = run.site;
  const keys = conditionKeys(run.plan);
  const measured = await Promise.all(
    conditions.map(async (condition, index) => {
      const { state, value } = await measure(condition, context);
      return { key: keys[index] ?? condition.name, name: condition.name, state, value };
    }),
  );
  if (world.signal.aborted) return;
  const baseline: Baseline = {
    at: world.clock.now().toISOString(),
    incident: request.incident,
    versions: Object.fromEntries([...readings].map(([name, { version }]) => [name, version.digest])),
    conditions: Object.fromEntries(
      measured.map(({ key, state, value }) => [key, { state, value: kept(value) }]),
    ),
  };
  const ill = measured.filter(({ state }) => state !== 'pass').map(({ name, state }) => `${name}: ${state}`);
  try {
    await changeLedger(
      {
        site: run.site,
        service: run.service,
        title: 'keep the baseline',
        clock: world.clock,
        signal: world.signal,
      },
      (page) => ({ ...page, baseline }),
    );
    const failing = ill.length === 0 ? 'all well' : ill.join(', ');
    const text = `baseline of ${measured.length} conditions kept for the next verify: ${failing}`;
    await journal.emit({ type: 'note', level: ill.length === 0 ? 'info' : 'warning', text });
  } catch (thrown) {
    const text = `the baseline could not be kept, so verify will have nothing to compare with: ${messageOf(thrown)}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    world.log.warning(text);
  }
}

/** What was measured before this deploy, by condition; empty, and the reason told, where nothing was. */
export async function readBaseline(
  readings: ReadonlyMap<string, Reading>,
  { run, world, journal }: Facts,
): Promise<BeforeDeploy> {
  const none: BeforeDeploy = new Map();
  if (!keepsLedger({ run })) return none;
  const tell = async (text: string): Promise<BeforeDeploy> => {
    await journal.emit({ type: 'note', level: 'info', text: `no baseline: ${text}` });
    return none;
  };
  try {
    const { page } = await readLedger(run.site.context.cluster, run.service);
    const { baseline } = page;
    if (baseline === undefined) return none;
    const versions = new Map([...readings].map(([name, { version }]) => [name, version.digest]));
    const why = whyNoBaseline(baseline, { versions, now: world.clock.now() });
    if (why !== undefined) return await tell(why);
    const { at } = baseline;
    return new Map(
      Object.entries(baseline.conditions).map(([key, { state, value }]) => [key, { at, state, value }]),
    );
  } catch (thrown) {
    return await tell(messageOf(thrown));
  }
}

function kept(value: Json): Json {
  return JSON.stringify(value).length > longestValue ? null : value;
}
