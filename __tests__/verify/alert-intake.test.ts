// From a notification to the trigger it calls for: what is let in, what counts, and what counts once.

import { describe, expect, test } from '@jest/globals';
import type { ReasonCode } from '../../src/errors.ts';
import type { Outcome } from '../../src/events.ts';
import type { AnsweredAlert } from '../../src/state/ledger.ts';
import { answersAlert, pickAlert, readNotification, type SentAlert } from '../../src/verify/alert-intake.ts';

const sent = (more: Partial<SentAlert> = {}): SentAlert => ({
  status: 'firing',
  labels: { alertname: 'HighErrorRate', service: 'shop' },
  startsAt: '2026-11-21T10:00:00.000Z',
  fingerprint: 'a1b2c3d4e5f60718',
  ...more,
});
const where = { file: 'rollback.yml', line: 1, column: 1 };
const severity = (name: string) => ({ name, action: 'rollback' as const, approvals: 0, where });
const trigger = (name: string, alert: string, more: Record<string, unknown> = {}) => ({
  name,
  alert: { name: alert, labels: {} },
  where,
  ...more,
});
const plan = {
  severities: new Map([severity('P0'), severity('P1')].map((one) => [one.name, one])),
  alerts: new Map(
    [
      trigger('unranked', 'HighErrorRate'),
      trigger('slow', 'Slow', { severity: 'P1' }),
      trigger('errors', 'HighErrorRate', { severity: 'P1' }),
      trigger('down', 'Down', { severity: 'P0' }),
      trigger('labelled', 'Labelled', { alert: { name: 'Labelled', labels: { service: 'shop' } } }),
    ].map((one) => [one.name, one]),
  ),
};
const own = { incident: 'INC-2', run: '22' };
const answered = (more: Partial<AnsweredAlert> = {}): AnsweredAlert => ({
  fingerprint: 'a1b2c3d4e5f60718',
  startsAt: '2026-11-21T10:00:00Z',
  at: '2026-11-21T10:01:00Z',
  incident: 'INC-1',
  run: '11',
  ...more,
});
const pick = (alerts: readonly SentAlert[], old: readonly AnsweredAlert[] = []) =>
  pickAlert({ alerts, truncated: 0 }, plan, old, own);

describe('which trigger is called', () => {
  test('the one of the worst severity, then the first of the plan; one without comes last', () => {
    const slow = sent({ labels: { alertname: 'Slow' }, fingerprint: 'b2' });
    const down = sent({ labels: { alertname: 'Down' }, fingerprint: 'c3' });
    expect([pick([sent()]), pick([sent(), slow]), pick([sent(), slow, down])]).toMatchObject([
      { type: 'act', trigger: { name: 'errors' } },
      { type: 'act', trigger: { name: 'slow' } },
      { type: 'act', trigger: { name: 'down' } },
    ]);
  });

  test('with its own alert named first, and every new one to be noted', () => {
    const down = sent({ labels: { alertname: 'Down' }, fingerprint: 'c3' });
    const called = pick([sent(), down]);
    expect(called).toMatchObject({
      because: [
        'alert Down fires since 2026-11-21T10:00:00.000Z',
        'alert HighErrorRate{service="shop"} fires since 2026-11-21T10:00:00.000Z',
      ],
      alerts: [{ fingerprint: 'a1b2c3d4e5f60718' }, { fingerprint: 'c3' }],
    });
  });

  test('none by another label, and the plan’s names are told', () => {
    const other = sent({ labels: { alertname: 'Labelled', service: 'other' } });
    expect(pick([other])).toEqual({
      type: 'unknown',
      why: expect.stringMatching(
        /^no trigger names one of Labelled\{service="other"\}; the plan names HighErrorRate, Slow, .*Labelled\{service="shop"\}$/,
      ),
    });
    expect(pick([sent({ labels: { alertname: 'Labelled', service: 'shop', pod: 'x' } })]).type).toBe('act');
    expect(pick([sent({ labels: { service: 'shop' } })]).type).toBe('unknown');
  });
});

describe('an alert calls once', () => {
  test.each<readonly [string, SentAlert, AnsweredAlert, string]>([
    ['the same, written in another way', sent(), answered(), 'nothing'],
    ['again since', sent({ startsAt: '2026-11-21T10:00:01Z' }), answered(), 'act'],
    ['of other labels', sent({ fingerprint: 'ff' }), answered(), 'act'],
    ['the same run started again', sent(), answered({ run: '22' }), 'act'],
    ['the same incident asked again', sent(), answered({ incident: 'INC-2' }), 'act'],
    ['resolved', sent({ status: 'resolved' }), answered({ fingerprint: 'ff' }), 'nothing'],
  ])('%s', (_, one, old, type) => {
    expect(pick([one], [old]).type).toBe(type);
  });

  test('and a new one beside an old one is answered alone', () => {
    const down = sent({ labels: { alertname: 'Down' }, fingerprint: 'c3' });
    expect(pick([sent(), down], [answered()])).toMatchObject({ type: 'act', alerts: [down] });
  });
});

describe('an alert is answered', () => {
  test.each<readonly [Outcome, ReasonCode | undefined, boolean]>([
    ['rolled-back', 'deploy-rolled-back', true],
    ['failed', 'check-failed', true],
    ['inconclusive', 'check-inconclusive', true],
    ['failed', 'person-decides', true],
    ['failed', 'component-not-moved', false],
    ['refused', 'brake-on', false],
    ['refused', 'locked', false],
    ['refused', 'not-ready', false],
    ['refused', 'live-changed', false],
    ['halted', 'command-failed', false],
    ['interrupted', 'cancelled', false],
  ])('by %s %s: %s', (outcome, code, answered) => {
    const fault = code === undefined ? undefined : { code, message: '', hint: '' };
    expect(answersAlert({ outcome, fault, failedStep: undefined })).toBe(answered);
  });
});

describe('a notification is let in', () => {
  const read = (payload: unknown) =>
    readNotification(JSON.stringify({ action: 'x', client_payload: payload }));

  test('as Alertmanager writes it, at the top or below `alertmanager`, and nothing else of it is kept', () => {
    const body = {
      version: '4',
      status: 'firing',
      receiver: 'r',
      truncatedAlerts: 2,
      alerts: [{ ...sent(), annotations: { a: 'b' }, endsAt: '', generatorURL: '' }],
    };
    const notification = { alerts: [sent()], truncated: 2 };
    expect(read(body)).toEqual({ ok: true, notification });
    expect(read({ alertmanager: body })).toEqual({ ok: true, notification });
  });

  test.each<readonly [string, unknown, RegExp]>([
    ['no alert', { alerts: [] }, /^client_payload\.alerts: /],
    [
      'a state of its own',
      { alerts: [{ ...sent(), status: 'pending' }] },
      /client_payload\.alerts\.0\.status/,
    ],
    [
      'no time',
      { alertmanager: { alerts: [{ ...sent(), startsAt: 'soon' }] } },
      /client_payload\.alertmanager\.alerts\.0\.startsAt: a time/,
    ],
    [
      'a fingerprint that is none',
      { alerts: [{ ...sent(), fingerprint: '../x' }] },
      /fingerprint: hexadecimal/,
    ],
    [
      'labels that are no texts',
      { alerts: [{ ...sent(), labels: { alertname: { a: 1 } } }] },
      /labels\.alertname/,
    ],
    ['too many alerts', { alerts: Array.from({ length: 201 }, () => sent()) }, /client_payload\.alerts: /],
    [
      'a label that is too long',
      { alerts: [sent({ labels: { alertname: 'x'.repeat(2_001) } })] },
      /labels\.alertname/,
    ],
    ['another payload', { hello: 1 }, /client_payload\.alerts: /],
  ])('never with %s', (_, payload, why) => {
    expect(read(payload)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  test('never from another event', () => {
    expect(readNotification('{"inputs":{}}')).toEqual({
      ok: false,
      why: expect.stringContaining('no repository_dispatch'),
    });
    expect(readNotification('{')).toEqual({ ok: false, why: expect.stringContaining('no JSON') });
  });
});
