// What becomes of the baseline in a ledger's page: pure functions from page to page, like those of `ledger-page.ts`. Each
// gives `undefined` where the page says so already. ADR 0022.

import type { Baseline, LedgerPage } from './ledger.ts';

/** Binds the baseline of that time to the deploy that is compared with it first. `deploy`: digest by component. */
export function withBaselineFor(
  page: LedgerPage,
  at: Baseline['at'],
  deploy: Readonly<Record<string, string>>,
): LedgerPage | undefined {
  const { baseline } = page;
  if (baseline?.at !== at || baseline.deploy !== undefined) return undefined;
  return { ...page, baseline: { ...baseline, deploy } };
}

/**
 * It has served an incident: a verified deploy or a rollback. It stays, for looks after that very incident. `again`: also
 * where it had served another one, as that of a rollback of the deploy that was verified with it.
 */
export function withBaselineUsed(
  page: LedgerPage,
  incident: string,
  again: (baseline: Baseline) => boolean = () => false,
): LedgerPage | undefined {
  const { baseline } = page;
  if (baseline === undefined || baseline.usedBy === incident) return undefined;
  if (baseline.usedBy !== undefined && !again(baseline)) return undefined;
  return { ...page, baseline: { ...baseline, usedBy: incident } };
}

/** A preflight has begun that is to replace it. Kept for looks after its own incident until one does. */
export function withBaselineOutdated(page: LedgerPage, why: string): LedgerPage | undefined {
  const { baseline } = page;
  if (baseline === undefined || baseline.outdated !== undefined) return undefined;
  return { ...page, baseline: { ...baseline, outdated: why } };
}
