// The brake on automatic rollbacks: whoever pressed too often, or was told to stop, leaves the next one to a person.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import { type Automatic, readLedger } from '../state/ledger.ts';
import { judgeBrake } from '../verify/judge-brake.ts';
import { pressCommand } from './ledger-command.ts';
import { keepsLedger, type Stage } from './stage.ts';

type Facts = Omit<Stage, 'takeBack'>;

/**
 * Asked before a bad deploy is taken back. Where nobody can tell how often that was done already, a person decides. Only a
 * target without a cluster has no ledger, and then nothing is counted; the record says so.
 */
export async function askBrake(stage: Facts, scenario: string): Promise<RollbackPlanError | undefined> {
  const { run, journal } = stage;
  const stopped = brakeRefusal([], stage, scenario);
  if (stopped !== undefined) return stopped;
  if (!keepsLedger(stage)) {
    const text = 'the target has no cluster to count automatic rollbacks in, so the brake holds none';
    await journal.emit({ type: 'note', level: 'info', text });
    return undefined;
  }
  try {
    const { page } = await readLedger(run.site.context.cluster, run.service);
    return brakeRefusal(page.automatic, stage, scenario);
  } catch (thrown) {
    return brakeUnknown(thrown, stage, scenario);
  }
}

/** What a person is told when the ledger could be neither asked nor told. */
export function brakeUnknown(
  thrown: unknown,
  { request, run }: Pick<Facts, 'request' | 'run'>,
  scenario: string,
): RollbackPlanError {
  const { message, hint } = toRollbackPlanError(thrown);
  const press = (to: string): string =>
    pressCommand(request, run, { scenario, to, reason: reasonOf(request) });
  const asked = request.to.trim();
  const needsLedger = ['', 'last-good'].includes(asked) || asked.startsWith('S-');
  return new RollbackPlanError(
    'brake-on',
    `it is left to a person, because nobody knows how often the machine rolled back already: ${message}`,
    {
      hint: [
        'Nothing was changed. Mend the ledger, so that the brake can be asked:',
        hint,
        ...(needsLedger
          ? [`Then press: ${press(asked)}`, `Or, without the ledger: ${press('previous')}`]
          : [`Or press at once: ${press(asked)}`]),
      ].join('\n'),
      cause: thrown,
    },
  );
}

/** What a person is told instead. */
export function brakeRefusal(
  automatic: readonly Automatic[],
  { request, run, world }: Facts,
  scenario: string,
): RollbackPlanError | undefined {
  const why = judgeBrake({
    spec: run.plan.brake,
    automatic,
    now: world.clock.now(),
    stop: request.caller.stop,
  });
  if (why === undefined) return undefined;
  return new RollbackPlanError('brake-on', `it is left to a person: ${why}`, {
    hint: [
      'Nothing was changed. Look first: something deploys bad versions again and again, or somebody stopped the machine.',
      `Then press: ${pressCommand(request, run, { scenario, to: request.to, reason: reasonOf(request) })}`,
    ].join('\n'),
  });
}

function reasonOf({ reason }: Facts['request']): string {
  return reason === '' ? 'the deploy is bad' : reason;
}
