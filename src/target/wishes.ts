// What `to` and the ledger wish for each component: one snapshot for all, chosen once everything is known and before
// anything is decided for one component.

import { quarantinedAs } from '../state/ledger-page.ts';
import type { Wish } from './choose-version.ts';
import { mayReturnTo } from './history-rules.ts';
import { chooseSnapshot, type Surveyed } from './last-good.ts';
import type { KnownLedger, PinOptions } from './pin.ts';
import { knowsAll, snapshotsHint } from './together.ts';

export function wishesFor(
  options: Pick<PinOptions, 'destination' | 'ledger' | 'unverifiedTarget'>,
  surveyed: readonly Surveyed[],
): (component: string) => Wish {
  const { destination, ledger } = options;
  switch (destination.type) {
    case 'previous':
      return () => 'previous';
    case 'explicit':
      return (component) => {
        const version = destination.versions.get(component);
        if (version === undefined) throw new Error(`${component} has no version and should not be pinned`);
        return { version };
      };
    case 'snapshot':
      return (component) => inSnapshot(component, destination.id, ledger, surveyed);
    case 'last-good':
      return lastGood(ledger, surveyed, options.unverifiedTarget);
  }
}

function inSnapshot(
  component: string,
  named: string,
  ledger: KnownLedger,
  surveyed: readonly Surveyed[],
): Wish {
  if (!ledger.readable) return { named, digest: undefined, why: ledger.why, candidates: '' };
  const snapshot = ledger.snapshots.find(({ id }) => id === named);
  const digest = snapshot?.components[component]?.digest;
  const why =
    snapshot === undefined
      ? `the ledger has no snapshot ${named}`
      : digest === undefined
        ? `snapshot ${named} does not know it`
        : `asked for by name: ${snapshot.id}, live together at ${snapshot.at}`;
  return { named, digest, why, candidates: waysOut(ledger, surveyed) };
}

function lastGood(
  ledger: KnownLedger,
  surveyed: readonly Surveyed[],
  unverifiedTarget: boolean,
): (component: string) => Wish {
  if (!ledger.readable)
    return () => ({ snapshot: undefined, digest: undefined, why: ledger.why, mayStay: true });
  const { quarantined } = lookIn(ledger);
  const { snapshot, passedOver, why } = chooseSnapshot(surveyed, ledger.snapshots, {
    quarantined,
    bystanders: unverifiedTarget ? [] : ledger.bystanders,
  });
  const digestOf = (name: string): string | undefined => snapshot?.components[name]?.digest;
  // Where one component is to move, another that a rollback put elsewhere can't just stay: they never ran together.
  const mayStay = surveyed.every(
    ({ name, reading }) => reading.rolledBackTo !== undefined || reading.version.digest === digestOf(name),
  );
  const left = passedOver.length === 0 ? '' : `; newer ones were passed over: ${passedOver.join('; ')}`;
  const candidates = waysOut(ledger, surveyed);
  return (component) => ({
    snapshot: snapshot?.id,
    digest: digestOf(component),
    why:
      snapshot === undefined
        ? why
        : `${snapshot.vouchedBy === undefined ? 'verified' : 'live'} together at ${snapshot.at} (snapshot ${snapshot.id}${snapshot.vouchedBy === undefined ? '' : `, vouched for by ${snapshot.vouchedBy}`})${left}`,
    mayStay,
    candidates,
  });
}

/** What works when it is typed next: snapshots that know all these components, and the rest of one that does not. */
function waysOut(ledger: ReadableLedger, surveyed: readonly Surveyed[]): string {
  const { quarantined } = lookIn(ledger);
  const names = surveyed.map(({ name }) => name);
  const whole = ledger.snapshots.filter((snapshot) => knowsAll(snapshot, names));
  const list =
    whole.length === 0 ? [] : [snapshotsHint(whole, { quarantined }, 'Take one of them by its id.')];
  const parts = ledger.snapshots.flatMap((snapshot) => {
    if (knowsAll(snapshot, names)) return [];
    const words = surveyed.flatMap(({ name, reading, history }) => {
      const digest = snapshot.components[name]?.digest ?? reading.version.digest;
      const found = history.find((each) => each.digest === digest && mayReturnTo(each));
      const moves = digest !== reading.version.digest && !quarantined(name, digest);
      return found !== undefined && moves ? [`${name}=${found.id}`] : [];
    });
    return words.length === 0 ? [] : [{ snapshot, words }];
  });
  const [part] = parts;
  const line =
    part === undefined
      ? []
      : [
          `To take back what snapshot ${part.snapshot.id} knows, and nothing else: to: ${part.words.join(',')}`,
        ];
  return [...list, ...line].join('\n');
}

type ReadableLedger = Extract<KnownLedger, { readonly readable: true }>;

function lookIn({ quarantine }: ReadableLedger): {
  readonly quarantined: (component: string, digest: string) => boolean;
} {
  return {
    quarantined: (component, digest) => quarantinedAs(quarantine, { component, digest }) !== undefined,
  };
}
