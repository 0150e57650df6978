// `mode: alert`: an Alertmanager notification that came as `repository_dispatch`. Only an alert that the plan names calls
// for anything, each one once; what then happens is what happens to a bad deploy. ADR 0021.

import { messageOf, RollbackPlanError } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import { proveConfirmation } from '../preflight/gates.ts';
import type { AnsweredAlert } from '../state/ledger.ts';
import { readLedger } from '../state/ledger.ts';
import { withAnswered } from '../state/ledger-page.ts';
import { readDestination } from '../target/aim.ts';
import {
  type CalledFor,
  type Notification,
  pickAlert,
  readNotification,
  type SentAlert,
} from '../verify/alert-intake.ts';
import type { Verdict } from '../verify/verdict.ts';
import { answerBadDeploy } from './answer-bad-deploy.ts';
import { changeLedger } from './change-ledger.ts';
import { keepsLedger, type Stage } from './stage.ts';

/** GitHub takes 64 KiB of payload; the event around it tells about repository and sender. */
const largestEvent = 2 * 1_048_576;

export async function answerAlert(stage: Stage): Promise<Verdict> {
  const { request, run, journal } = stage;
  proveConfirmation(request.confirm, run.target.name);
  const destination = readDestination(request.to, run.plan);
  const notification = await takeNotification(stage);
  if (notification.truncated > 0) {
    const text = `${notification.truncated} alerts were cut off by whoever sent this; let it send more of them`;
    await journal.emit({ type: 'note', level: 'warning', text });
  }
  const called = await pickOnce(notification, stage);
  if (called.type === 'unknown') {
    throw new RollbackPlanError('alert-unknown', called.why, {
      hint: `Nothing was changed. Add a trigger to ${run.plan.file}: triggers: { <name>: { alert: { name: … } } }; or send only alerts that it names.`,
    });
  }
  if (called.type === 'nothing') {
    await journal.emit({ type: 'note', level: 'info', text: called.why });
    return { outcome: 'already-there', fault: undefined, failedStep: undefined };
  }
  const { trigger, because } = called;
  const { severity, scenario } = trigger;
  const recoverWithinMs =
    severity === undefined ? undefined : run.plan.severities.get(severity)?.recoverWithinMs;
  const seen: WatchResult = {
    state: 'bad',
    because,
    trigger: trigger.name,
    triggers: [trigger.name],
    severity,
    scenario,
    recoverWithinMs,
    durationMs: 0,
    looks: 0,
  };
  const rest = { conditions: [], leftMs: 0 };
  // Of several the newest: what was deployed before any of them may be to blame.
  const [since = ''] = called.alerts
    .map(({ startsAt }) => startsAt)
    .toSorted((one, other) => Date.parse(other) - Date.parse(one));
  return await answerBadDeploy({ seen, destination, rest, blamed: { since } }, stage);
}

/** Throws `alert-invalid`. */
async function takeNotification({ request, world }: Stage): Promise<Notification> {
  const { eventPath } = request.caller;
  if (eventPath === undefined)
    throw invalid('GITHUB_EVENT_PATH is not set, so nothing says which alert it is about');
  const text = await world.files.read(eventPath, largestEvent).catch((thrown: unknown) => {
    throw invalid(`the event can't be read: ${messageOf(thrown)}`);
  });
  const read = readNotification(text);
  if (!read.ok) throw invalid(read.why);
  return read.notification;
}

function invalid(message: string): RollbackPlanError {
  return new RollbackPlanError('alert-invalid', message, {
    hint: 'Nothing was changed. Send what docs/alerts.md shows, in a workflow that runs `on: repository_dispatch`.',
  });
}

/**
 * Chooses and notes it in the same write, so that of two runs for one alert only one acts. A dry run notes nothing. Throws
 * when the ledger can't be asked: nobody would know whether it was answered already.
 */
async function pickOnce(notification: Notification, stage: Stage): Promise<CalledFor> {
  const { request, run, world, journal } = stage;
  const id = request.caller.run?.id;
  const pick = (answered: readonly AnsweredAlert[]): CalledFor =>
    pickAlert(notification, run.plan, answered, { incident: request.incident, run: id });
  if (!keepsLedger(stage)) {
    const text = 'the target has no cluster to remember alerts in, so one that is sent again calls again';
    await journal.emit({ type: 'note', level: 'warning', text });
    return pick([]);
  }
  if (request.dryRun) return pick((await readLedger(run.site.context.cluster, run.service)).page.alerts);
  let called: CalledFor | undefined;
  const { clock, signal } = world;
  await changeLedger(
    { site: run.site, service: run.service, title: 'note which alerts are answered', clock, signal },
    (page) => {
      called = pick(page.alerts);
      if (called.type !== 'act') return undefined;
      const at = clock.now().toISOString();
      const entry = ({ fingerprint, startsAt }: SentAlert): AnsweredAlert => ({
        fingerprint,
        startsAt,
        at,
        incident: request.incident,
        ...(id === undefined ? {} : { run: id }),
      });
      return withAnswered(page, called.alerts.map(entry));
    },
  );
  if (called === undefined) throw new Error('the ledger was changed without a decision');
  return called;
}
