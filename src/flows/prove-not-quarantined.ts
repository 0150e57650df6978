// A deploy of content that was rolled back from is refused before it is watched, until a person lifts it.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import { type Quarantined, readLedger } from '../state/ledger.ts';
import { quarantinedAs } from '../state/ledger-page.ts';
import type { Reading } from '../values/version.ts';
import { liftCommand } from './ledger-command.ts';
import { keepsLedger, type Stage } from './stage.ts';

/** Throws `version-quarantined`. A ledger that can't be read keeps nobody from watching; the record says so. */
export async function proveNotQuarantined(
  live: ReadonlyMap<string, Reading>,
  { request, run, journal }: Pick<Stage, 'request' | 'run' | 'journal'>,
): Promise<void> {
  if (!keepsLedger({ run })) return;
  let quarantine: readonly Quarantined[];
  try {
    quarantine = (await readLedger(run.site.context.cluster, run.service)).page.quarantine;
  } catch (thrown) {
    const { message } = toRollbackPlanError(thrown);
    const text = `nobody knows whether this was rolled back from before: ${message}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    return;
  }
  const bad = [...live].flatMap(([component, { version }]) => {
    const entry = quarantinedAs(quarantine, { component, digest: version.digest });
    return entry === undefined ? [] : [{ entry, version }];
  });
  if (bad.length === 0) return;
  const lift = liftCommand(request, run, quarantine);
  const told = bad.map(
    ({ entry, version }) =>
      `${entry.component} is at ${version.label}, the content that incident ${entry.incident} rolled back from (${entry.label}, ${entry.at}, ${entry.by})`,
  );
  throw new RollbackPlanError('version-quarantined', told.join('; '), {
    hint: [
      'Nothing was changed, and nothing was watched. Deploy something else, or press the button if users suffer.',
      'If it was not to blame, a person lifts it and the deploy is verified again:',
      ...bad.map(({ entry }) => `  ${lift(entry)}`),
    ].join('\n'),
  });
}
