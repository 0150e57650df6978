// The brake on automatic rollbacks: whoever pressed too often, or was told to stop, leaves the next one to a person.

import { RollbackPlanError, toRollbackPlanError } from '../errors.ts';
import { type Automatic, readLedger } from '../state/ledger.ts';
import { judgeBrake } from '../verify/judge-brake.ts';
import { pressCommand } from './ledger-command.ts';
import type { Stage } from './stage.ts';

type Facts = Omit<Stage, 'takeBack'>;

/** Asked before a bad deploy is taken back. A ledger that can't be read stops no rollback; the record says so. */
export async function askBrake(stage: Facts, scenario: string): Promise<RollbackPlanError | undefined> {
  const { run, journal } = stage;
  const stopped = brakeRefusal([], stage, scenario);
  if (stopped !== undefined) return stopped;
  try {
    const { page } = await readLedger(run.site.context.cluster, run.service);
    return brakeRefusal(page.automatic, stage, scenario);
  } catch (thrown) {
    const { message } = toRollbackPlanError(thrown);
    const text = `nobody knows how often this was rolled back automatically, so the brake holds nothing: ${message}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    return undefined;
  }
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
  const reason = request.reason === '' ? 'the deploy is bad' : request.reason;
  return new RollbackPlanError('brake-on', `it is left to a person: ${why}`, {
    hint: [
      'Nothing was changed. Look first: something deploys bad versions again and again, or somebody stopped the machine.',
      `Then press: ${pressCommand(request, run, { scenario, to: request.to, reason })}`,
    ].join('\n'),
  });
}
