// Hooks around a Helm rollback: those that it runs, which are the earlier chart's, and those that ran for the revisions
// that are left behind, such as migrations. Helm undoes the work of neither.

import type { Hazard } from '../../values/operation.ts';
import type { HelmHook, HelmRevision, StoredRevision } from './release-record.ts';
import { rollbackHooks } from './rollback-notes.ts';

const gate = 'hook';
const deploying: readonly string[] = ['pre-install', 'post-install', 'pre-upgrade', 'post-upgrade'];

export type HookFacts = {
  readonly target: HelmRevision;
  readonly revisions: readonly StoredRevision[];
  /** Whether the rollback runs hooks. */
  readonly hooks: boolean;
};

/** Pure. */
export function hookHazards(facts: HookFacts): readonly Hazard[] {
  return [...running(facts), ...staying(facts)];
}

function running({ target, hooks }: HookFacts): readonly Hazard[] {
  const concerned = rollbackHooks(target);
  if (concerned.length === 0) return [];
  const names = namesOf(concerned);
  const detail = hooks
    ? `hooks of revision ${target.revision} will run, and what they do is not undone by Helm: ${names}`
    : `hooks of revision ${target.revision} are skipped (hooks: false): ${names}`;
  const hint = hooks
    ? 'They were written for that version: read what they do. To go back without them: hooks: false in the component.'
    : 'Do by hand, or in a step of the plan, what they would have done and is still needed.';
  return [{ gate, state: 'warn', detail, hint }];
}

/** Of every deployment since the target, unless the target's own deployment ran the very same hook. */
function staying({ target, revisions }: HookFacts): readonly Hazard[] {
  const before = new Set(target.hooks.filter(isDeploying).map(({ manifest }) => manifest.trim()));
  return revisions.flatMap((each): readonly Hazard[] => {
    // A rollback keeps the hooks of an earlier deployment in its record, and did not run them.
    if (!each.readable || each.revision <= target.revision || each.description.startsWith('Rollback '))
      return [];
    const ran = each.hooks.filter(
      (hook) => isDeploying(hook) && hook.events.some((event) => event.endsWith('-upgrade')),
    );
    const stay = ran.filter(({ manifest }) => !before.has(manifest.trim()));
    if (stay.length === 0) return [];
    return [
      {
        gate,
        state: 'warn',
        detail: `hooks ran when revision ${each.revision} was deployed, and what they changed stays: ${namesOf(stay)}`,
        hint: `If it was a migration, make sure that revision ${target.revision} works with what it left; if not, undo it in a step of the plan before, or go forward instead.`,
      },
    ];
  });
}

function isDeploying({ events }: HelmHook): boolean {
  return events.some((event) => deploying.includes(event));
}

function namesOf(hooks: readonly HelmHook[]): string {
  return hooks.map(({ kind, name, events }) => `${kind}/${name} (${events.join(', ')})`).join(', ');
}
