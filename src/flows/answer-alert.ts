// `mode: alert`: an Alertmanager notification that came as `repository_dispatch`. Only an alert that the plan names calls
// for anything, until it is answered; what then happens is what happens to a bad deploy. ADR 0021.

import { messageOf, RollbackPlanError } from '../errors.ts';
import type { WatchResult } from '../events.ts';
import { proveConfirmation } from '../preflight/gates.ts';
import type { AnsweredAlert } from '../state/ledger.ts';
import { readLedger } from '../state/ledger.ts';
import { withAnswered } from '../state/ledger-page.ts';
import { createScope, readDestination } from '../target/aim.ts';
import {
  answersAlert,
  type CalledFor,
  type Notification,
  pickAlert,
  readNotification,
  type SentAlert,
} from '../verify/alert-intake.ts';
import { bindConditions } from '../verify/bind-checks.ts';
import type { Verdict } from '../verify/verdict.ts';
import { answerBadDeploy, type Rest } from './answer-bad-deploy.ts';
import { changeLedger } from './change-ledger.ts';
import { bindAll, keepsLedger, pinsOf, readAll, type Stage } from './stage.ts';

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
  if (!keepsLedger(stage)) {
    const text = 'the target has no cluster to remember alerts in, so one that is sent again calls again';
    await journal.emit({ type: 'note', level: 'warning', text });
  }
  const called = await pick(notification, stage);
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
  // Of several the newest: what was deployed before any of them may be to blame.
  const [since = ''] = called.alerts
    .map(({ startsAt }) => startsAt)
    .toSorted((one, other) => Date.parse(other) - Date.parse(one));
  const answeredMeanwhile = async (): Promise<readonly string[]> => {
    const now = await pick(notification, stage);
    return now.type === 'nothing' ? [now.why] : [];
  };
  return await answerBadDeploy(
    {
      seen,
      destination,
      rest: { conditions: [], leftMs: 0 },
      lookOn: () => conditionsOf(stage),
      blamed: { since, answeredMeanwhile },
      settled: (verdict) => noteAnswered(called.alerts, verdict, stage),
    },
    stage,
  );
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

/** Throws when the ledger can't be read: nobody would know whether it was answered already. */
async function pick(notification: Notification, { request, run }: Stage): Promise<CalledFor> {
  const own = { incident: request.incident, run: request.caller.run?.id };
  const answered = keepsLedger({ run })
    ? (await readLedger(run.site.context.cluster, run.service)).page.alerts
    : [];
  return pickAlert(notification, run.plan, answered, own);
}

/**
 * Only at the end, and while the lock is held: whatever kept this run from answering, a brake, another run or the death of
 * its runner, an alert that is sent again has to call again. Of two runs at once the lock lets one act.
 */
async function noteAnswered(
  alerts: readonly SentAlert[],
  verdict: Verdict,
  { request, run, world, journal }: Stage,
): Promise<void> {
  if (request.dryRun || !keepsLedger({ run }) || !answersAlert(verdict)) return;
  const { clock, signal } = world;
  const id = request.caller.run?.id;
  const at = clock.now().toISOString();
  const entries = alerts.map(
    ({ fingerprint, startsAt }): AnsweredAlert => ({
      fingerprint,
      startsAt,
      at,
      incident: request.incident,
      ...(id === undefined ? {} : { run: id }),
    }),
  );
  try {
    await changeLedger(
      { site: run.site, service: run.service, title: 'note which alerts are answered', clock, signal },
      (page) => withAnswered(page, entries),
    );
  } catch (thrown) {
    const text = `that this alert is answered could not be noted, so it calls again when it is sent again: ${messageOf(thrown)}`;
    await journal.emit({ type: 'note', level: 'warning', text });
    world.log.warning(text);
  }
}

/** What the plan measures by itself: whether users recover is not for the alert alone to say. */
async function conditionsOf(stage: Stage): Promise<Rest> {
  const { request, run, world } = stage;
  const leftMs = request.windowMs;
  if (leftMs <= 0) return { conditions: [], leftMs };
  const scope = createScope(run, pinsOf(await readAll(await bindAll(stage), stage)), new Map());
  const facts = { steady: true, occasion: 'rollback', nothingDeployed: true } as const;
  const conditions = bindConditions(run.plan, world.kinds.checks, scope, facts);
  return { conditions, leftMs };
}
