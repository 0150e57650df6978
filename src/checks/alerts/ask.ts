// Asks Alertmanager or Prometheus which alerts fire now, and whether they would.

import { z } from 'zod';
import type { KindContext } from '../../ports.ts';
import { type ApiPlace, type Asked, askJson, askPrometheus } from '../prometheus/ask.ts';

/** One alert that fires. `labels` as PromQL writes them, sorted; `since` as the server says it. */
export type FiringAlert = { readonly name: string; readonly labels: string; readonly since: string };

type Labels = Readonly<Record<string, string>>;

const labels = z.record(z.string(), z.string());
const ofAlertmanager = z.array(z.object({ labels, startsAt: z.string() }));
const ofPrometheus = z.object({
  alerts: z.array(z.object({ labels, state: z.string(), activeAt: z.string() })),
});
const rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          type: z.string(),
          name: z.string(),
          health: z.string().default('unknown'),
          lastError: z.string().optional(),
        }),
      ),
    }),
  ),
});

/** Alerts that are neither silenced nor inhibited, as Alertmanager filters them. */
export async function askAlertmanager(
  context: KindContext,
  place: ApiPlace,
  match: Labels,
): Promise<Asked<readonly FiringAlert[]>> {
  const query = new URLSearchParams({ active: 'true', silenced: 'false', inhibited: 'false' });
  for (const [name, value] of Object.entries(match))
    query.append('filter', `${name}=${JSON.stringify(value)}`);
  const asked = await askJson(context, place, `api/v2/alerts?${query}`);
  if (!asked.ok) return asked;
  const { status, json, told } = asked.data;
  if (status !== 200) return { ok: false, state: 'error', why: told };
  const parsed = ofAlertmanager.safeParse(json);
  if (!parsed.success)
    return { ok: false, state: 'error', why: 'what answered /api/v2/alerts is no Alertmanager' };
  return { ok: true, data: parsed.data.map((alert) => firing(alert.labels, alert.startsAt)) };
}

/** Alerts that fire (pending ones do not), whatever Alertmanager makes of them. */
export async function askPrometheusAlerts(
  context: KindContext,
  place: ApiPlace,
  match: Labels,
): Promise<Asked<readonly FiringAlert[]>> {
  const asked = await askPrometheus(context, place, 'alerts', undefined);
  if (!asked.ok) return asked;
  const parsed = ofPrometheus.safeParse(asked.data);
  if (!parsed.success)
    return { ok: false, state: 'error', why: 'what answered /api/v1/alerts is no Prometheus' };
  const found = parsed.data.alerts.filter(
    (alert) =>
      alert.state === 'firing' &&
      Object.entries(match).every(([name, value]) => alert.labels[name] === value),
  );
  return { ok: true, data: found.map((alert) => firing(alert.labels, alert.activeAt)) };
}

/** Why nobody would notice: no such rule, or one that can't be evaluated. `undefined` when all is well. */
export async function whyRulesAreBlind(
  context: KindContext,
  place: ApiPlace,
  alertname: string | undefined,
): Promise<string | undefined> {
  const asked = await askPrometheus(context, place, 'rules', undefined);
  if (!asked.ok) return asked.why;
  const parsed = rules.safeParse(asked.data);
  if (!parsed.success) return 'what answered /api/v1/rules is no Prometheus';
  const all = parsed.data.groups.flatMap((group) => group.rules).filter(({ type }) => type === 'alerting');
  const named = alertname === undefined ? all : all.filter(({ name }) => name === alertname);
  if (named.length === 0) {
    const known = [...new Set(all.map(({ name }) => name))].slice(0, 10).join(', ') || 'none at all';
    return `Prometheus has no alerting rule ${alertname ?? ''}; it has: ${known}`;
  }
  const ill = named.find(({ health }) => health !== 'ok');
  return ill === undefined
    ? undefined
    : `rule ${ill.name} is not evaluated (${ill.health}${ill.lastError === undefined ? '' : `: ${ill.lastError}`}); mend it`;
}

function firing({ alertname = '', ...others }: Labels, since: string): FiringAlert {
  const inner = Object.entries(others)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return { name: alertname, labels: `{${inner.join(', ')}}`, since };
}
