// An object that a tool or controller owns is changed through that owner: a change beside it is undone at the owner's
// next look, or makes its next change fail.

import { RollbackPlanError } from '../../errors.ts';
import type { JsonObject } from '../../values/json.ts';
import { describeOwner, type ObjectOwner, ownersOf, pauseCommand } from '../../values/object-owner.ts';

export type Owner = { readonly who: string; readonly instead: string };

/** Throws `managed-elsewhere` with what to write instead. */
export function refuseManagedElsewhere(name: string, object: JsonObject): void {
  const owner = ownerOf(object);
  if (owner === undefined) return;
  throw new RollbackPlanError('managed-elsewhere', `${name} belongs to ${owner.who}`, {
    hint: owner.instead,
  });
}

/** The first of those who own a live object, with what to do instead of a change beside them. Pure. */
export function ownerOf(object: JsonObject): Owner | undefined {
  const [owner] = ownersOf(object);
  return owner === undefined ? undefined : { who: describeOwner(owner), instead: insteadOf(owner) };
}

function insteadOf(owner: ObjectOwner): string {
  const pause = pauseCommand(owner);
  switch (owner.type) {
    case 'flux':
      return `Flux would put its own state back. Change it in git${pause === undefined ? '.' : `, or suspend it first: ${pause}`}`;
    case 'argo-cd':
      return `Argo CD would put its own state back. Change it in git${pause === undefined ? '.' : `, or end the automatic sync first: ${pause}`}`;
    case 'flagger':
      return 'Flagger would put its own state back. Change what its Canary targets instead.';
    case 'helm':
      return `A change beside Helm makes its next upgrade fail. Write: helm: { release: ${owner.release}, chart: …, set: { … } }`;
    case 'controller':
      return `Its controller would put it back. Change ${describeOwner(owner)} instead.`;
  }
}
