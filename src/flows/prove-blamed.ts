// Whether what is live is still what was found bad. Somebody may have deployed while it was watched, and the new deploy is
// not to blame for the old one's failures: going back from it could even end at the bad one.

import { RollbackPlanError } from '../errors.ts';
import { tellDestination } from '../target/destination.ts';
import { whatCameLater, whatMoved } from '../verify/judge-deploy.ts';
import type { Aimed } from './aim-run.ts';
import { pressCommand } from './ledger-command.ts';
import { bindAll, type Order, readAll, type Stage } from './stage.ts';

/**
 * Asked under the lock, once versions are pinned, of every component of the plan; of an alert also whether another run
 * answered it while this one waited. Throws `live-changed`, and what reading throws. What an earlier press left half-way is finished, whatever is live by now.
 */
export async function proveBlamed(
  { blamed, destination, scenario }: Order,
  { incident, nothingToDo }: Pick<Aimed, 'incident' | 'nothingToDo'>,
  stage: Pick<Stage, 'request' | 'run' | 'world' | 'proveTools'>,
): Promise<void> {
  if (blamed === undefined || incident.continued) return;
  const { request, run } = stage;
  const answered = 'since' in blamed ? await blamed.answeredMeanwhile() : [];
  if (nothingToDo && answered.length === 0) return;
  const now = await readAll(await bindAll(stage), stage);
  const moved = 'since' in blamed ? whatCameLater(blamed.since, now) : whatMoved(blamed.watched, now);
  const changed = [...answered, ...moved];
  if (changed.length === 0) return;
  const reason = request.reason === '' ? 'the deploy is bad' : request.reason;
  const press = pressCommand(request, run, { scenario, to: tellDestination(destination), reason });
  throw new RollbackPlanError(
    'live-changed',
    `what was found bad is not what is live any more: ${changed.join('; ')}`,
    {
      hint: `Nothing was changed, because what is live now is not to blame for what was before it. Verify it; if users suffer, look where a rollback would go (add --dry-run), then press: ${press}`,
    },
  );
}
