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

/** More is no measurement but a document: some 250 alerts. */
const longestValue = 16_384;
/** Of all together: the page holds other things, too, and a ConfigMap takes 1 MiB. */
const longestValues = 262_144;

type Kept = Baseline['conditions'][string];

/** What was measured, in the order of the plan; values that are too large are left out, and that is kept. Bytes of UTF-8. */
export function keptConditions(
  measured: readonly (Pick<Kept, 'state' | 'value' | 'settings'> & { readonly key: string })[],
): Baseline['conditions'] {
  let room = longestValues;
  return Object.fromEntries(
    measured.map(({ key, state, value, settings }): [string, Kept] => {
      const size = Buffer.byteLength(JSON.stringify(value));
      if (size > longestValue || size > room) return [key, { state, value: null, tooLarge: true, settings }];
      room -= size;
      return [key, { state, value, settings }];
    }),
  );
}
