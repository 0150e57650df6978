// What a notification of Alertmanager calls for: text in, and which trigger of the plan it is in the end. Pure. Whatever
// came was sent over the forge by whoever may dispatch: it is held to a shape, and only what the plan names can act.

import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { AlertTriggerSpec, Plan } from '../plan/plan.ts';
import type { AnsweredAlert } from '../state/ledger.ts';
import type { Verdict } from './verdict.ts';

export type SentAlert = {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly startsAt: string;
  readonly fingerprint: string;
};

export type Notification = {
  readonly alerts: readonly SentAlert[];
  /** How many were left out by whoever sent it. */
  readonly truncated: number;
};

const mostAlerts = 200;
const mostLabels = 100;

const alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z
    .record(z.string().min(1).max(200), z.string().max(2_000))
    .refine((labels) => Object.keys(labels).length <= mostLabels, `at most ${mostLabels} labels`),
  startsAt: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'a time, as RFC 3339 writes it'),
  fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/, 'hexadecimal digits'),
});
const notification = z.object({
  alerts: z.array(alert).min(1).max(mostAlerts),
  truncatedAlerts: z.int().min(0).default(0),
});
/** `client_payload` is the notification, or holds it under `alertmanager`: GitHub takes ten keys at the most. */
const event = z.object({
  client_payload: z.union([z.object({ alertmanager: notification }), notification]),
});

/** The text of the runner's event file. */
export function readNotification(
  text: string,
): { readonly ok: true; readonly notification: Notification } | { readonly ok: false; readonly why: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, why: `the event is no JSON: ${messageOf(error)}` };
  }
  const hasPayload = z.object({ client_payload: z.looseObject({}) }).safeParse(json);
  if (!hasPayload.success)
    return { ok: false, why: 'the event has no client_payload, so no repository_dispatch started this run' };
  const nested = 'alertmanager' in hasPayload.data.client_payload;
  const parsed = event.safeParse(json);
  if (parsed.success) {
    const { client_payload: payload } = parsed.data;
    const { alerts, truncatedAlerts } = 'alertmanager' in payload ? payload.alertmanager : payload;
    return { ok: true, notification: { alerts, truncated: truncatedAlerts } };
  }
  const { client_payload: payload } = hasPayload.data;
  const [issue] = notification.safeParse(nested ? payload['alertmanager'] : payload).error?.issues ?? [];
  const place = ['client_payload', ...(nested ? ['alertmanager'] : []), ...(issue?.path ?? [])].join('.');
  return { ok: false, why: `${place}: ${issue?.message ?? 'it is no notification'}` };
}

/** Who asks: what these answered before is theirs to answer. */
export type Asking = { readonly incident: string; readonly run: string | undefined };

export type CalledFor =
  /** `alerts`: every new one that calls for something, also by another trigger than the chosen one. */
  | {
      readonly type: 'act';
      readonly trigger: AlertTriggerSpec;
      readonly because: readonly string[];
      readonly alerts: readonly SentAlert[];
    }
  | { readonly type: 'nothing'; readonly why: string }
  | { readonly type: 'unknown'; readonly why: string };

/**
 * Only alerts that the plan names count, only those that fire, and none that was answered since its `startsAt`, except for
 * a run that was started again. Of several the worst severity wins, then the order of the plan.
 */
export function pickAlert(
  { alerts, truncated }: Notification,
  plan: Pick<Plan, 'alerts' | 'severities'>,
  answered: readonly AnsweredAlert[],
  own: Asking,
): CalledFor {
  const severities = [...plan.severities.keys()];
  const named = alerts.flatMap((sent) => {
    const triggers = [...plan.alerts.values()].filter((trigger) => isNamedBy(sent, trigger));
    return triggers.length === 0 ? [] : [{ sent, triggers }];
  });
  if (named.length === 0) {
    const cut = truncated === 0 ? '' : `, and ${truncated} that were cut off`;
    const known = [...plan.alerts.values()].map(({ alert }) => `${alert.name}${shown(alert.labels)}`);
    const why = `no trigger names one of ${listed(alerts.map(told))}${cut}; the plan names ${listed(known) || 'no alert at all'}`;
    return { type: 'unknown', why };
  }
  const firing = named.filter(({ sent }) => sent.status === 'firing');
  if (firing.length === 0)
    return { type: 'nothing', why: `resolved: ${listed(named.map(({ sent }) => told(sent)))}` };
  const fresh = firing.filter(({ sent }) => !answered.some((old) => isAnswered(sent, old, own)));
  if (fresh.length === 0)
    return { type: 'nothing', why: `answered before: ${listed(firing.map(({ sent }) => told(sent)))}` };
  const rank = ({ severity }: AlertTriggerSpec): number =>
    severity === undefined ? severities.length : severities.indexOf(severity);
  const called = [...plan.alerts.values()].filter((trigger) =>
    fresh.some(({ triggers }) => triggers.includes(trigger)),
  );
  // The sort is stable: among equals the plan's order stays.
  const [trigger] = called.toSorted((one, other) => rank(one) - rank(other));
  if (trigger === undefined) return { type: 'nothing', why: 'no alert is new' };
  const first = fresh.filter(({ triggers }) => triggers.includes(trigger));
  const others = fresh.filter(({ triggers }) => !triggers.includes(trigger));
  return {
    type: 'act',
    trigger,
    because: [...first, ...others]
      .map(({ sent }) => `alert ${told(sent)} fires since ${sent.startsAt}`)
      .slice(0, 10),
    alerts: fresh.map(({ sent }) => sent),
  };
}

function isNamedBy({ labels }: SentAlert, { alert: { name, labels: wanted } }: AlertTriggerSpec): boolean {
  return (
    labels['alertname'] === name && Object.entries(wanted).every(([label, value]) => labels[label] === value)
  );
}

/**
 * Whether nobody has to be called again for it: what was live went back, also where users are not served by it; it is where
 * the last rollback went already; or it was left to a person on purpose. What was refused, halted or cut off is not.
 */
export function answersAlert({ outcome, fault }: Verdict): boolean {
  switch (outcome) {
    case 'rolled-back':
    case 'inconclusive':
      return true;
    case 'failed':
      return fault?.code === 'check-failed' || fault?.code === 'person-decides';
    default:
      return false;
  }
}

/** The same run started again, or asked twice, is to do what it did not get done. */
function isAnswered(sent: SentAlert, old: AnsweredAlert, own: Asking): boolean {
  const same = old.fingerprint === sent.fingerprint && Date.parse(old.startsAt) === Date.parse(sent.startsAt);
  return same && old.incident !== own.incident && (own.run === undefined || old.run !== own.run);
}

function told({ labels: { alertname = '(no alertname)', ...others } }: SentAlert): string {
  return `${alertname}${shown(others)}`;
}

function shown(labels: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels)
    .slice(0, 6)
    .map(([name, value]) => `${name}=${JSON.stringify(value.slice(0, 60))}`);
  return inner.length === 0 ? '' : `{${inner.join(', ')}}`;
}

function listed(texts: readonly string[]): string {
  return texts.length <= 5
    ? texts.join(', ')
    : `${texts.slice(0, 5).join(', ')} and ${texts.length - 5} more`;
}
