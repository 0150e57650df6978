// Check kind `alerts`: which alerts fire now. An alert that fired before the deploy is told apart from one that it
// caused, and whoever can't be asked has not said that all is quiet.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { describeExpectation, expectation, limitOf, meets } from '../values/expectations.ts';
import type { JsonObject } from '../values/json.ts';
import { askAlertmanager, askPrometheusAlerts, type FiringAlert, whyRulesAreBlind } from './alerts/ask.ts';
import type { Advice, Before, CheckKind, Measurement } from './check-kind.ts';
import { type Asked, apiSettings, apiUrl, placeOf } from './prometheus/ask.ts';
import { viaRequirements } from './via.ts';

const labelValue = z.string().max(1_000);
const schema = z
  .strictObject({
    url: apiUrl.describe('Base URL of Alertmanager or Prometheus.'),
    from: z
      .enum(['alertmanager', 'prometheus'])
      .default('alertmanager')
      .describe('Who is asked. Alertmanager leaves out what is silenced or inhibited.'),
    match: z
      .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name'), labelValue)
      .default({})
      .describe(
        'Labels that an alert has to have, all of them: `{ alertname: HighErrorRate, service: shop }`.',
      ),
    expect: expectation.default('<= 0').describe('How many may fire. Default: none.'),
    'only-new': z
      .boolean()
      .default(false)
      .describe('Count only alerts that did not fire at the preflight before the deploy.'),
    watchdog: labelValue
      .min(1)
      .optional()
      .describe(
        'Name of an alert that always fires: while it does not, nobody knows whether alerts arrive, and nothing is judged. `none` says that there is none, and that it is meant.',
      ),
    ...apiSettings,
  })
  .refine(({ expect }) => typeof expect !== 'object' || Array.isArray(expect), {
    path: ['expect'],
    message: 'the answer is a count: `<= 0`',
  });

export type AlertsSettings = z.output<typeof schema>;

export const alerts: CheckKind<AlertsSettings> = {
  name: 'alerts',
  summary: 'Alerts that fire in Alertmanager or Prometheus, by their labels.',
  schema,
  timeoutMs: 125_000,
  requires: (settings) => viaRequirements(settings.via),
  advise: adviseOfWatchdog,
  async measure(context, settings, before) {
    const { from, match, watchdog } = settings;
    const ask = from === 'alertmanager' ? askAlertmanager : askPrometheusAlerts;
    const [fire, proof, blind] = await Promise.all([
      ask(context, settings, match),
      watchdog === undefined || watchdog === noWatchdog
        ? undefined
        : ask(context, settings, { alertname: watchdog }),
      from === 'prometheus' ? whyRulesAreBlind(context, settings, match['alertname']) : undefined,
    ]);
    const { evidence, ...found } = judgeAlerts(settings, { fire, proof, blind }, before);
    return {
      ...found,
      expected: `${describeExpectation(settings.expect)} alerts${settings['only-new'] ? ', new ones' : ''}`,
      evidence: `${placeOf(settings.url)}: ${evidence}`,
    };
  },
};

export type AlertAnswers = {
  readonly fire: Asked<readonly FiringAlert[]>;
  /** What the watchdog's name gives, where one is named. */
  readonly proof: Asked<readonly FiringAlert[]> | undefined;
  /** Why nothing would fire. */
  readonly blind: string | undefined;
};

const noWatchdog = 'none';

/** Of Prometheus the rules are looked at. Alertmanager has no alert from a Prometheus that is down. */
function adviseOfWatchdog({ from, watchdog }: JsonObject): readonly Advice[] {
  if (watchdog !== undefined || (from !== undefined && from !== 'alertmanager')) return [];
  return [
    {
      rule: 'no-watchdog',
      path: ['watchdog'],
      message: 'no alert looks the same as no Prometheus that sends any',
      hint: 'add `watchdog:` with the name of an alert that always fires, such as `Watchdog`; or `watchdog: none` if it is meant',
    },
  ];
}

const earlier = z.object({ alerts: z.array(z.object({ of: z.string(), since: z.string() })) });

/** Labels are long, and a noisy cluster has hundreds of alerts: which one it is fits in a few characters. */
function keptOf({ name, labels, since }: FiringAlert): { readonly of: string; readonly since: string } {
  const digest = createHash('sha256').update(`${name}${labels}`).digest('hex');
  return { of: digest.slice(0, 12), since };
}

/** Pure. A count that is too high is bad, whatever else is not known; one that is fine has to be known. */
export function judgeAlerts(
  settings: Pick<AlertsSettings, 'from' | 'expect' | 'only-new' | 'watchdog'>,
  { fire, proof, blind }: AlertAnswers,
  before: Before | undefined,
): Pick<Measurement, 'state' | 'value' | 'evidence' | 'plot'> {
  if (!fire.ok) return { state: fire.state, value: null, evidence: fire.why };
  const known = before === undefined ? undefined : earlier.safeParse(before.value).data?.alerts;
  const isOld = (alert: FiringAlert): boolean => {
    const { of, since } = keptOf(alert);
    return known?.some((old) => old.of === of && old.since === since) ?? false;
  };
  const onlyNew = settings['only-new'];
  const counted = onlyNew ? fire.data.filter((alert) => !isOld(alert)) : fire.data;
  const old = fire.data.filter(isOld).length;
  const verdict = meets(settings.expect, counted.length);
  const list = counted.slice(0, 5).map(({ name, labels, since }) => `${name}${labels} since ${since}`);
  const told = [
    counted.length === 0
      ? `no alert fires${onlyNew && old > 0 ? ' that is new' : ''}`
      : `${counted.length} fire: ${list.join('; ')}${counted.length > 5 ? '; …' : ''}`,
    ...(old === 0 ? [] : [`${old} fired before the deploy already`]),
    ...(verdict.ok ? [] : [verdict.why]),
  ].join('; ');
  const limit = limitOf(settings.expect);
  const value = {
    count: counted.length,
    // All that fire, so that a later look can tell which are new: one that is left out would be.
    alerts: fire.data.map(keptOf),
  };
  const plot = { value: counted.length, ...(limit === undefined ? {} : { limit }), unit: 'count' as const };
  const doubt = whyDoubtful(settings, {
    proof,
    blind,
    unknown:
      known === undefined ? (before?.missing ?? 'call `mode: preflight` before the deploy') : undefined,
  });
  if (!verdict.ok && !(onlyNew && known === undefined)) return { state: 'fail', value, evidence: told, plot };
  if (doubt !== undefined) return { state: 'inconclusive', value, evidence: `${told}; ${doubt}`, plot };
  const unproven = verdict.ok && settings.from === 'alertmanager' && proof === undefined;
  const evidence = unproven ? `${told}; nobody proves that Prometheus still sends alerts` : told;
  return { state: verdict.ok ? 'pass' : 'fail', value, evidence, plot };
}

function whyDoubtful(
  settings: Pick<AlertsSettings, 'only-new' | 'watchdog'>,
  { proof, blind, unknown }: Pick<AlertAnswers, 'proof' | 'blind'> & { readonly unknown: string | undefined },
): string | undefined {
  if (blind !== undefined) return blind;
  if (proof !== undefined && !proof.ok) return proof.why;
  if (proof !== undefined && proof.data.length === 0)
    return `${settings.watchdog}, which always fires, does not: see why alerts do not arrive`;
  return settings['only-new'] && unknown !== undefined ? `nobody knows which are new: ${unknown}` : undefined;
}
