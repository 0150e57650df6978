// Which boxes people have ticked in records that were published: in the pull request of a record, or where it was merged.

import type { Fault } from '../events.ts';
import type { Forge } from '../ports/forge.ts';
import type { Clock } from '../ports.ts';
import { tickedIn } from '../report/follow-ups.ts';
import { Patience } from './patience.ts';
import { pathIn } from './publish.ts';
import { branchFor } from './pull-request-state.ts';

export type TicksRead = {
  /** Names of the tasks that are ticked, with the path of the record that says so; by the id of the record. */
  readonly ticked: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Why no more records could be read. */
  readonly fault: Fault | undefined;
};

/** Records that are not there have no ticks. Never throws. */
export async function readTicks(request: {
  readonly forge: Forge;
  readonly records: { readonly incidents: string; readonly branch?: string | undefined };
  /** Ids of the records, those that matter most first. */
  readonly ids: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<TicksRead> {
  const { forge, records, ids } = request;
  const patience = new Patience(request);
  const ticked = new Map<string, ReadonlyMap<string, string>>();
  const nowhere = { repository: forge.repository, branch: records.branch ?? 'the default branch', path: '' };
  const base =
    records.branch === undefined
      ? await patience.read(nowhere, (limits) => forge.defaultBranch(limits))
      : { ok: true as const, value: records.branch };
  if (!base.ok) return { ticked, fault: base.fault };
  for (const id of ids) {
    const path = pathIn(records.incidents, id);
    const found = new Map<string, string>();
    for (const branch of [branchFor(id), base.value]) {
      const place = { ...nowhere, path, branch };
      const read = await patience.read(place, (limits) => forge.readFile(place, limits));
      if (!read.ok) return { ticked, fault: read.fault };
      for (const name of tickedIn(read.value?.text ?? '')) found.set(name, path);
    }
    ticked.set(id, found);
  }
  return { ticked, fault: undefined };
}
