// What each way of putting something out has to answer, and what the ways share: running a tool that only reads, and
// saying how it failed.

import { RollbackPlanError } from '../../errors.ts';
import type { CommandOutcome, KindContext } from '../../ports.ts';
import type { Captured, Operation, Prepared, Probe, Verification } from '../../values/operation.ts';

export type Way = {
  prepare(): Promise<Prepared>;
  capture(): Promise<Captured | undefined>;
  probe(): Promise<Probe>;
  verify(): Promise<Verification>;
};

export const notOurBusiness = 'whether it is healthy is for the checks to judge';

/** The one command of a deploy. Never repeated: what half a deploy has left behind, a person has to look at. */
export function putOut(id: string, title: string, argv: readonly [string, ...string[]]): Operation {
  return {
    id,
    title,
    act: { type: 'command', command: { argv } },
    mutates: true,
    retry: 'once',
    deadlineMs: 24 * 3_600_000,
  };
}

/** A command that changes nothing and has to succeed. Throws `tool-missing` or `prepare-failed`, in the tool's words. */
export async function ask(
  context: KindContext,
  argv: readonly [string, ...string[]],
  accepted: readonly number[] = [0],
): Promise<CommandOutcome> {
  const outcome = await context.read(argv, { deadlineMs: 120_000 });
  if (outcome.ended === 'exited' && accepted.includes(outcome.exitCode ?? -1)) return outcome;
  if (outcome.ended === 'not-started') {
    throw new RollbackPlanError('tool-missing', `${argv[0]} could not be started: ${outcome.stderr.trim()}`, {
      hint: `Put ${argv[0]} on the PATH of the job.`,
    });
  }
  const said = outcome.stderr.trim().split('\n').slice(-5).join('\n');
  throw new RollbackPlanError(
    'prepare-failed',
    `${argv.slice(0, 3).join(' ')} would not do it: ${said || outcome.ended}`,
    { hint: 'Nothing was changed. Mend what it names, and run the same command again.' },
  );
}

export function refuse(message: string, hint: string): RollbackPlanError {
  return new RollbackPlanError('prepare-failed', message, { hint });
}
