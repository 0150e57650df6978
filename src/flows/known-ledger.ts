// What the ledger says about where to go: snapshots, quarantine, and the components that this run leaves as they are. A
// ledger that can't be read is a reason, not an error, until somebody needs it.

import { toRollbackPlanError } from '../errors.ts';
import { readLedger } from '../state/ledger.ts';
import { bindNamed, createScope } from '../target/aim.ts';
import type { BoundComponent, KnownLedger } from '../target/pin.ts';
import { type Bystander, knowsAll } from '../target/together.ts';
import { liftCommand } from './ledger-command.ts';
import { keepsLedger, noFailure, type Stage } from './stage.ts';

export async function knownLedger(
  components: readonly BoundComponent[],
  stage: Omit<Stage, 'takeBack'>,
): Promise<KnownLedger> {
  const { request, run } = stage;
  if (request.mode === 'drill') return { readable: false, why: 'a drill', ofNoMatter: true };
  if (!keepsLedger(stage))
    return { readable: false, why: 'a target without a cluster has no ledger', ofNoMatter: true };
  try {
    const { snapshots, quarantine } = (await readLedger(run.site.context.cluster, run.service)).page;
    const comparable = snapshots.some((snapshot) => knowsAll(snapshot, [...run.plan.components.keys()]));
    const { bystanders, unread } = comparable ? await lookAside(components, stage) : nobody;
    const command = liftCommand(request, run, quarantine);
    return { readable: true, snapshots, quarantine, bystanders, unread, liftCommand: command };
  } catch (thrown) {
    const { message, hint } = toRollbackPlanError(thrown);
    const [advice = ''] = hint.split('\n');
    return { readable: false, why: `the ledger can't be read: ${message}. ${advice}` };
  }
}

type Aside = { readonly bystanders: readonly Bystander[]; readonly unread: readonly string[] };
const nobody: Aside = { bystanders: [], unread: [] };

/** What is live of the components that the scenario, or `to`, leaves alone. */
async function lookAside(
  components: readonly BoundComponent[],
  { run, world }: Omit<Stage, 'takeBack'>,
): Promise<Aside> {
  const scope = createScope(run, new Map(), new Map())(noFailure);
  const others = [...run.plan.components.keys()].filter(
    (name) => !components.some((component) => component.name === name),
  );
  const looks = await Promise.all(
    others.map(async (name): Promise<Aside> => {
      try {
        const [bound] = bindNamed([name], run.plan, world.kinds.components, scope);
        if (bound === undefined) return nobody;
        const { label, digest } = (await bound.kind.read(run.site.context, bound.settings)).version;
        return { bystanders: [{ name, label, digest }], unread: [] };
      } catch (thrown) {
        return { bystanders: [], unread: [`${name}: ${toRollbackPlanError(thrown).message}`] };
      }
    }),
  );
  return {
    bystanders: looks.flatMap(({ bystanders }) => bystanders),
    unread: looks.flatMap(({ unread }) => unread),
  };
}
