// Where a component goes in a continued incident: what was pinned when it was opened, by content, because the number of a
// version may have changed since.

import type { History, Reading, Version } from '../values/version.ts';
import type { Choice } from './refuse-version.ts';

export type FixedEnds = {
  readonly from: Version;
  readonly to: Version;
  /** Id of the incident that pinned them. */
  readonly incident: string;
  /** An earlier run of the incident began to move this component, and nobody saw the end of it. */
  readonly begun: boolean;
};

/** A component at `to` is left alone, whatever its health: its checks say what users see. */
export function chooseFixed(
  component: string,
  { to, incident }: FixedEnds,
  reading: Reading,
  history: History,
): Choice {
  const halfWay = reading.partial ?? reading.busy ?? reading.unfinished?.because;
  const because = `pinned when ${incident} was opened`;
  if (reading.version.digest === to.digest && halfWay === undefined)
    return { type: 'already-there', to: reading.version, because: `${because}, and live` };
  const same = history.filter(({ digest, standing }) => digest === to.digest && standing === 'deployed');
  const found = same.find(({ id }) => id === to.id) ?? same[0];
  if (found === undefined) {
    return {
      type: 'refuse',
      code: 'to-not-deployable',
      message: `${component} was going to ${to.label} when ${incident} was opened, and its history has nothing of that content any more`,
      hint: `Name another version, which begins a new incident: to: ${component}=VERSION`,
    };
  }
  const { id, label, digest, at } = found;
  return { type: 'go', to: { id, label, digest, ...(at === undefined ? {} : { at }) }, because };
}
