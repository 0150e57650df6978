// The baseline that the ledger keeps, for whoever compares with it: a watch of the deploy, and looks after a rollback. ADR 0022.

import { messageOf } from '../errors.ts';
import { type Baseline, type LedgerPage, readLedger } from '../state/ledger.ts';
import type { BeforeDeploy } from '../verify/bind-checks.ts';
import { beforeFrom, nothingBefore, whyNotBefore } from '../verify/judge-baseline.ts';
import { keepsLedger, type Stage } from './stage.ts';

type Facts = Pick<Stage, 'run' | 'journal'>;

/**
 * By condition: what was measured, or why nobody knows, which is told, too. `whyNot`: why it is not of the time that is
 * asked about. Empty where there is no ledger, or no baseline in it. Never throws.
 */
export async function keptBaseline(
  whyNot: (baseline: Baseline, page: LedgerPage) => Promise<string | undefined> | string | undefined,
  { run, journal }: Facts,
): Promise<{ readonly before: BeforeDeploy; readonly used?: Baseline }> {
  const { plan } = run;
  const without = async (why: string): Promise<{ readonly before: BeforeDeploy }> => {
    await journal.emit({ type: 'note', level: 'info', text: `no baseline: ${why}` });
    const text = `no baseline: ${why}; call \`mode: preflight\` before each deploy`;
    return { before: nothingBefore(plan, text) };
  };
  if (!keepsLedger({ run })) return { before: new Map() };
  try {
    const { page } = await readLedger(run.site.context.cluster, run.service);
    const { baseline } = page;
    if (baseline === undefined) return { before: new Map() };
    const why = await whyNot(baseline, page);
    if (why !== undefined) return await without(why);
    return { before: beforeFrom(baseline, plan), used: baseline };
  } catch (thrown) {
    return await without(messageOf(thrown));
  }
}

/**
 * For looks after a rollback: what was measured before what it took back. `at`: when the rollback was; `from`: digests of
 * what it took back, by component, where they are known; `incidents`: whose it was.
 */
export async function measuredBefore(
  asked: Parameters<typeof whyNotBefore>[1],
  facts: Facts,
): Promise<BeforeDeploy> {
  return (await keptBaseline((baseline) => whyNotBefore(baseline, asked), facts)).before;
}
