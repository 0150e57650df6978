// Whether what is live is something a person can vouch for: whole, at rest, healthy, and not rolled back from.

import { RollbackPlanError } from '../errors.ts';
import type { Quarantined } from '../state/ledger.ts';
import { quarantinedAs } from '../state/ledger-page.ts';
import type { Reading } from '../values/version.ts';

/** `undefined` when it is. Health that nobody can tell is the person's to know. */
export function whyNotVouchable(
  readings: ReadonlyMap<string, Reading>,
  quarantine: readonly Quarantined[],
  lift: (entry: Quarantined) => string,
): RollbackPlanError | undefined {
  const bad = [...readings].flatMap(([component, { version }]) => {
    const entry = quarantinedAs(quarantine, { component, digest: version.digest });
    return entry === undefined ? [] : [entry];
  });
  if (bad.length > 0) {
    const what = bad.map(
      ({ component, label, incident }) =>
        `${component} is the content of ${label}, which incident ${incident} rolled back from`,
    );
    return new RollbackPlanError('version-quarantined', what.join('; '), {
      hint: ['If it was not to blame, lift it first:', ...bad.map((entry) => `  ${lift(entry)}`)].join('\n'),
    });
  }
  const unwell = [...readings].flatMap(([component, reading]) => {
    const { busy, partial, unfinished, health, detail } = reading;
    const open = busy ?? partial ?? unfinished?.because;
    if (open !== undefined) return [`${component}: ${open}`];
    return health === 'unhealthy' || health === 'progressing' ? [`${component} is ${health}: ${detail}`] : [];
  });
  if (unwell.length === 0) return undefined;
  return new RollbackPlanError('not-ready', `what is live can't be vouched for: ${unwell.join('; ')}`, {
    hint: 'Nothing was noted. Wait until it is whole and healthy, or bring it there, then seed again.',
  });
}
