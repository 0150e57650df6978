// Whether a press continues the incident that is open in the target: facts in, a decision with its reason out. ADR 0016.

import { isLeftOut } from '../state/page-entries.ts';
import type { Incident, PagePin } from '../state/page-schema.ts';
import type { Reading } from '../values/version.ts';
import { type Destination, tellDestination } from './destination.ts';

export type IncidentDecision =
  | { readonly type: 'open' }
  | { readonly type: 'continue'; readonly incident: Incident }
  | { readonly type: 'supersede'; readonly incident: Incident; readonly because: string };

export type Wanted = {
  readonly destination: Destination;
  readonly target: string;
  readonly scenario: string;
  /** Components that this press would take back. */
  readonly components: readonly string[];
  /** Digests by component of the snapshot that `destination` names; absent where the ledger has no such one. */
  readonly inSnapshot?: ReadonlyMap<string, string> | undefined;
};

/** `readings`: what is live now of each component of the open incident. */
export function decideIncident(
  open: Incident | undefined,
  wanted: Wanted,
  readings: ReadonlyMap<string, Reading>,
): IncidentDecision {
  if (open === undefined) return { type: 'open' };
  const because =
    otherWay(open, wanted) ??
    otherSnapshot(open, wanted) ??
    otherVersions(open, wanted.destination, readings) ??
    deployedSince(open, readings);
  return because === undefined
    ? { type: 'continue', incident: open }
    : { type: 'supersede', incident: open, because };
}

function otherWay(open: Incident, wanted: Wanted): string | undefined {
  if (open.target !== wanted.target) return `it was about target ${open.target}, not ${wanted.target}`;
  if (open.scenario !== wanted.scenario)
    return `it went by scenario ${open.scenario}, not ${wanted.scenario}`;
  const pinned = open.pins.map(({ component }) => component);
  const same =
    pinned.length === wanted.components.length && wanted.components.every((name) => pinned.includes(name));
  return same
    ? undefined
    : `it takes back ${pinned.join(', ')}, and this press ${wanted.components.join(', ')}`;
}

/** A snapshot by its id names versions. That its content is what is pinned, however that was named, makes it the same. */
function otherSnapshot(open: Incident, { destination, inSnapshot }: Wanted): string | undefined {
  if (destination.type !== 'snapshot' || destination.id === open.to) return undefined;
  const other = open.pins.find(({ component, to }) => inSnapshot?.get(component) !== to.digest);
  return other === undefined
    ? undefined
    : `${other.component} is to go to what snapshot ${destination.id} holds now, and not to ${other.to.label}`;
}

function otherVersions(
  open: Incident,
  destination: Destination,
  readings: ReadonlyMap<string, Reading>,
): string | undefined {
  if (destination.type !== 'explicit' || tellDestination(destination) === open.to) return undefined;
  const other = open.pins.find((pin) => !isMeant(destination.versions.get(pin.component), pin, readings));
  if (other === undefined) return undefined;
  const asked = destination.versions.get(other.component) ?? 'nothing';
  return `${other.component} is to go to ${asked} now, and not to ${other.to.label}`;
}

/** Whether a word of `to` is the version that is pinned already. */
function isMeant(
  word: string | undefined,
  { component, to }: PagePin,
  readings: ReadonlyMap<string, Reading>,
): boolean {
  if (word === undefined) return false;
  // The component may be there by now, under the number that its return got.
  const live = readings.get(component)?.version;
  return (
    [to.id, `revision:${to.id}`, ...(to.names ?? []), 'previous'].includes(word) ||
    (live?.id === word && live.digest === to.digest)
  );
}

/**
 * Where neither its own ends nor the way between explain what is live, somebody deployed; also where it was taken back
 * and is where it came from again.
 */
function deployedSince(open: Incident, readings: ReadonlyMap<string, Reading>): string | undefined {
  const back = takenBack(open);
  for (const { component, from, to } of open.pins) {
    const reading = readings.get(component);
    if (reading === undefined) continue;
    const { version, unfinished } = reading;
    const explained =
      version.digest === from.digest || version.digest === to.digest || unfinished?.to === to.id;
    if (back.has(component) && version.digest === from.digest && from.digest !== to.digest)
      return `${component} was taken back to ${to.label}, and is at ${version.label} with what it came from: somebody deployed since`;
    if (!explained)
      return `${component} is at ${version.label}, which is neither ${from.label} nor ${to.label}: somebody deployed since`;
  }
  return undefined;
}

/** Components whose last end on the page is that they were seen where they were going. */
function takenBack({ entries }: Incident): ReadonlySet<string> {
  const back = new Set<string>();
  for (const entry of entries) {
    if (!('component' in entry) || entry.component === undefined || isLeftOut(entry)) continue;
    if (entry.type === 'step-finished' && entry.status === 'succeeded') back.add(entry.component);
    else back.delete(entry.component);
  }
  return back;
}
