// What may become of a ledger's page: each change is a pure function from page to page. It gives `undefined` where the
// page says so already, because a writer may have to ask again after somebody else wrote.

import type { AnsweredAlert, Automatic, LedgerLog, LedgerPage, Quarantined, Snapshot } from './ledger.ts';

/**
 * More than anybody goes back to, and all of it far below what a ConfigMap holds. Alerts: more than one notification has, or
 * one that is sent again would be new.
 */
const kept = { snapshots: 20, quarantine: 50, automatic: 20, log: 50, alerts: 400 } as const;

/** What tells content from content: the component and the digest. */
export type Content = { readonly component: string; readonly digest: string };

/** A snapshot on top; `undefined` when the newest one holds these very versions already. */
export function withSnapshot(
  page: LedgerPage,
  snapshot: Snapshot,
  log: LedgerLog | undefined = undefined,
): LedgerPage | undefined {
  if (isNewest(page, snapshot)) return undefined;
  return {
    ...page,
    snapshots: [snapshot, ...page.snapshots].slice(0, kept.snapshots),
    log: logged(page, log),
  };
}

/** Whether the newest entry holds these very versions already. */
export function isNewest({ snapshots: [newest] }: LedgerPage, snapshot: Snapshot): boolean {
  if (newest === undefined) return false;
  const names = Object.keys(snapshot.components);
  return (
    names.length === Object.keys(newest.components).length &&
    names.every((name) => newest.components[name]?.digest === snapshot.components[name]?.digest)
  );
}

/** What was left goes into quarantine, and an automatic rollback is counted, once for each incident. */
export function withLeft(
  page: LedgerPage,
  left: readonly Quarantined[],
  automatic: Automatic | undefined,
): LedgerPage | undefined {
  const fresh = left.filter((each) => quarantinedAs(page.quarantine, each) === undefined);
  const counted =
    automatic === undefined || page.automatic.some(({ incident }) => incident === automatic.incident)
      ? []
      : [automatic];
  if (fresh.length === 0 && counted.length === 0) return undefined;
  return {
    ...page,
    quarantine: [...fresh, ...page.quarantine].slice(0, kept.quarantine),
    automatic: [...counted, ...page.automatic].slice(0, kept.automatic),
  };
}

/** Alerts that are answered now; never `undefined`, because whoever asks has seen that they are new. */
export function withAnswered(page: LedgerPage, answered: readonly AnsweredAlert[]): LedgerPage {
  const others = page.alerts.filter(
    (old) =>
      !answered.some(
        ({ fingerprint, startsAt }) =>
          fingerprint === old.fingerprint && Date.parse(startsAt) === Date.parse(old.startsAt),
      ),
  );
  return { ...page, alerts: [...answered, ...others].slice(0, kept.alerts) };
}

/** Without these; `undefined` when none of them is there. */
export function withoutQuarantined(
  page: LedgerPage,
  lifted: readonly Content[],
  log: LedgerLog,
): LedgerPage | undefined {
  const quarantine = page.quarantine.filter((each) => quarantinedAs(lifted, each) === undefined);
  if (quarantine.length === page.quarantine.length) return undefined;
  return { ...page, quarantine, log: logged(page, log) };
}

/** The entry for this component's content, if there is one. */
export function quarantinedAs<Entry extends Content>(
  entries: readonly Entry[],
  { component, digest }: Content,
): Entry | undefined {
  return entries.find((each) => each.component === component && each.digest === digest);
}

/** With a line about what a person did. */
export function withLog(page: LedgerPage, log: LedgerLog): LedgerPage {
  return { ...page, log: logged(page, log) };
}

function logged({ log }: LedgerPage, entry: LedgerLog | undefined): readonly LedgerLog[] {
  return entry === undefined ? log : [entry, ...log].slice(0, kept.log);
}
