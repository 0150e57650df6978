// Secrets that a Helm rollback would overwrite. One whose live data no revision of the release has written was rotated
// by somebody since, and going back would put the old credential in its place. Keys are named, values never.

import type { Hazard } from '../../values/operation.ts';
import { secretData } from './live-match.ts';
import { describeObject, type ManifestObject, objectKey } from './manifest.ts';
import type { PreviewedObject } from './preview.ts';

const gate = 'rotated-secret';

export type SecretFacts = {
  readonly previewed: readonly PreviewedObject[];
  /** Every form that an object has in a revision of the release, by key, that of the live one included. */
  readonly written: ReadonlyMap<string, readonly ManifestObject[]>;
};

/** Pure. Nothing for a Secret that stays as it is. */
export function secretHazards({ previewed, written }: SecretFacts): readonly Hazard[] {
  return previewed
    .filter(({ object }) => object.kind === 'Secret')
    .flatMap((each) => hazardOf(each, written.get(objectKey(each.object)) ?? []));
}

function hazardOf(previewed: PreviewedObject, forms: readonly ManifestObject[]): readonly Hazard[] {
  const { object, live, change } = previewed;
  if (live === undefined) return [];
  const now = secretData({ ...live, kind: 'Secret' });
  const then = dataAfter(previewed);
  const name = describeObject(object);
  const changing = keysOf(now, then).filter((key) => now[key] !== then[key]);
  const known = forms.map(({ body }) => secretData(body));
  // A revision that failed half-way leaves what an older one wrote: no rotation either.
  const rotated = changing.filter(
    (key) => known.length === 0 || known.every((form) => form[key] !== now[key]),
  );
  const list = (keys: readonly string[]): string => (keys.length === 0 ? '' : ` (${keys.join(', ')})`);
  const fate = change === 'delete' ? 'deletes it' : 'puts older values in their place';
  if (rotated.length > 0) {
    return [
      {
        gate,
        state: 'refuse',
        detail: `${name} was changed by somebody else since it was deployed${list(rotated)}, and the rollback ${fate}`,
        hint: adviceFor(previewed),
      },
    ];
  }
  if (changing.length === 0) return [];
  const what = change === 'delete' ? 'is deleted' : 'goes back to the values of the earlier revision';
  return [
    {
      gate,
      state: 'warn',
      detail: `${name} ${what}${list(changing)}`,
      hint: 'Make sure that those who share this credential (a database, an API) still take the earlier one.',
    },
  ];
}

function adviceFor({ object, change }: PreviewedObject): string {
  const keep = 'helm.sh/resource-policy';
  if (change === 'delete') {
    return `If the live values are right, keep it: kubectl annotate secret ${object.name} ${keep}=keep`;
  }
  return `If the live values are right, no revision of the release may write them: take ${describeObject(object)} out of the chart, with the annotation ${keep}: keep on it. For this rollback: choose a version that has no such Secret, or save the live values, override, and put them back.`;
}

/** What the server made of it; where it refused to, what the manifest says on top of what is live. */
function dataAfter({ object, live, after, change }: PreviewedObject): ReturnType<typeof secretData> {
  if (change === 'delete') return {};
  if (after !== undefined) return secretData({ ...after, kind: 'Secret' });
  return { ...secretData(live ?? {}), ...secretData(object.body) };
}

function keysOf(...sides: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(sides.flatMap((side) => Object.keys(side)))].sort();
}
