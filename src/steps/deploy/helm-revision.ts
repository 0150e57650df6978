// A revision of a release's own history, put out again. A drill takes the known-bad version from there.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import type { Prepared } from '../../values/operation.ts';
import {
  captureHistory,
  type HelmPlace,
  type HelmRevisionLine,
  helmFlags,
  judgeNewest,
  keepHistory,
  placeOf,
  probeNewest,
  readHistory,
  refuseBusy,
} from './helm-history.ts';
import { manifestDiff } from './manifest-diff.ts';
import type { HelmDeploy } from './settings.ts';
import { ask, putOut, type Way } from './way.ts';

export function deployRevision(context: KindContext, settings: HelmDeploy, revision: number): Way {
  const place = placeOf(settings, context);
  // Helm's own words; it takes no others for a rollback.
  const description = `Rollback to ${revision}`;
  const newest = async (): Promise<HelmRevisionLine | undefined> => (await readHistory(place, context))[0];
  return {
    prepare: () => prepareRevision(context, place, revision),
    capture: async () => captureHistory(place, await readHistory(place, context)),
    probe: async () => probeNewest(place, await newest(), description),
    verify: async () => judgeNewest(place, await newest(), description),
  };
}

async function prepareRevision(context: KindContext, place: HelmPlace, revision: number): Promise<Prepared> {
  const revisions = await readHistory(place, context);
  requireRevision(place, revisions, revision);
  refuseBusy(place, revisions[0]);
  const flags = helmFlags(place, context);
  const manifestOf = async (which: readonly string[]): Promise<string> =>
    (await ask(context, ['helm', 'get', 'manifest', place.release, ...flags, ...which])).raw.toString('utf8');
  const [before, after] = [await manifestOf([]), await manifestOf(['--revision', String(revision)])];
  return {
    operations: [
      putOut(`helm-rollback-${place.release}`, `put revision ${revision} of ${place.release} out again`, [
        'helm',
        'rollback',
        place.release,
        String(revision),
        ...flags,
        ...keepHistory(revisions),
      ]),
    ],
    preview: manifestDiff(before, after) || 'Nothing would change in the manifest.\n',
    notes: ['Rollback hooks of that revision run, if it has any.'],
  };
}

function requireRevision(
  { release, namespace }: HelmPlace,
  revisions: readonly HelmRevisionLine[],
  revision: number,
): void {
  if (revisions.length === 0) {
    throw new RollbackPlanError(
      'component-missing',
      `there is no Helm release ${release} in namespace ${namespace}`,
      { hint: `Compare with: helm list --all --namespace ${namespace}` },
    );
  }
  if (revisions.some((each) => each.revision === revision)) return;
  const list = revisions.map((each) => `${each.revision} (${each.status}, ${each.chart})`).join(', ');
  throw new RollbackPlanError(
    'to-unknown-version',
    `Helm release ${release} has no revision ${revision}; there are ${list}`,
    { hint: `Name one of them, or put the version out as a \`chart\`. Helm keeps 10 revisions by default.` },
  );
}
