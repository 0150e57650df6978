// The comment of a watch, where the plan wants one: begun with the run, ended with its verdict. Its failure is a note.

import { keepWatchComment, type WatchComment } from '../publish/watch-comment.ts';
import { reportOf } from '../report/model.ts';
import { withTimeLimit } from '../values/time-limit.ts';
import type { Stage } from './stage.ts';

const patientMs = 15_000;

/** `undefined` where the plan wants none, and for a dry run, which is nobody's business but of who started it. */
export function watchCommentOf({
  request,
  run,
  world,
}: Pick<Stage, 'request' | 'run' | 'world'>): WatchComment | undefined {
  const { comment } = run.plan.watch;
  if (request.mode !== 'verify' || request.dryRun || comment === 'none') return undefined;
  const { caller, incident } = request;
  return keepWatchComment({
    about: { service: run.service, target: run.target.name, incident, run: caller.run },
    on: comment,
    pullRequest: caller.pullRequest,
    commit: caller.commit,
    clock: world.clock,
    redact: world.redact,
    forge: () => world.forge(),
  });
}

export async function endWatchComment(
  comment: WatchComment | undefined,
  { journal, world }: Pick<Stage, 'journal' | 'world'>,
): Promise<void> {
  const why = await withTimeLimit(patientMs, [world.noTimeLeft], async (signal) =>
    comment?.end(reportOf(journal.events), signal),
  );
  if (why === undefined) return;
  const text = `the comment about the watch could not be kept: ${why}`;
  world.log.warning(text);
  await journal.emit({ type: 'note', level: 'warning', text });
}
