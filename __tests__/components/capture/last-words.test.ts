// Which logs are asked for, how events read, what belongs to a component, and which values of Secrets are searched for.

import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createAttempts } from '../../../src/components/capture/attempts.ts';
import { eventsText } from '../../../src/components/capture/events-text.ts';
import { failingPods } from '../../../src/components/capture/failing-pods.ts';
import { safeText, safeTexts } from '../../../src/components/capture/last-words.ts';
import { backendsOf, referencedBy, selects } from '../../../src/components/capture/references.ts';
import { secretsOf, worthHiding } from '../../../src/components/capture/secrets.ts';
import { computedValues } from '../../../src/components/helm/computed-values.ts';
import type { JsonObject } from '../../../src/values/json.ts';

function pod(name: string, ready: boolean, container: JsonObject, phase = 'Running'): JsonObject {
  return {
    metadata: { name, namespace: 'shop', uid: name },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'app', ...container }],
    },
  };
}
const crashing = {
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
};

describe('searching what was read', () => {
  test('others get their turn between two logs, and what there is no time for is told and not kept', async () => {
    const reading = new AbortController();
    let now = 0;
    const clock = { ...systemClock, monotonicMs: () => now };
    const attempts = createAttempts(reading.signal);
    const texts = ['a', 'b', 'c'].map((name) => ({ path: `logs/${name}.log`, text: `said ${name}` }));
    const hide = (text: string): string => {
      reading.abort();
      now += 1_400;
      return text.replaceAll('said', '***');
    };
    const kept = await safeTexts(texts, hide, { signal: reading.signal, clock }, attempts);
    expect(kept.map(({ path, text }) => `${path} ${text}`)).toEqual(
      ['logs/a.log *** a', 'logs/b.log *** b', 'logs/c.log *** c'].slice(0, kept.length),
    );
    expect([kept.length, attempts.lacking()]).toEqual([3, []]);
    const late = await safeTexts([...texts, ...texts], hide, { signal: reading.signal, clock }, attempts);
    expect(late).toHaveLength(2);
    expect(attempts.lacking()[0]).toContain('no time left to search it for secrets');
  });
});

describe('failing pods', () => {
  test('a crashing one is asked for both logs, with why; a ready one that restarted, too', () => {
    const { pods } = failingPods([
      pod('well', true, { restartCount: 0, state: { running: {} } }),
      pod('crash', false, crashing),
      pod('again', true, { restartCount: 1, state: { running: {} } }),
      pod('done', false, { restartCount: 0, state: { terminated: {} } }, 'Succeeded'),
    ]);
    expect(pods.map(({ name, why, logs }) => [name, why, logs.map(({ previous }) => previous)])).toEqual([
      [
        'crash',
        'container app is in CrashLoopBackOff (last ended: OOMKilled) after 3 restarts',
        [false, true],
      ],
      ['again', 'container app has had 1 restart', [false, true]],
    ]);
  });

  test('what never started has no log, and that is known', () => {
    const { pods } = failingPods([
      pod('pull', false, { restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }),
    ]);
    expect(pods).toMatchObject([
      { logs: [], neverStarted: ['app'], why: 'container app is in ImagePullBackOff' },
    ]);
  });

  test('at most 20, those that say why first', () => {
    const quiet = Array.from({ length: 25 }, (_, index) =>
      pod(`quiet-${index}`, false, { restartCount: 0, state: { running: {} } }),
    );
    const { pods, leftOut } = failingPods([...quiet, pod('crash', false, crashing)]);
    expect([pods.length, leftOut, pods[0]?.name]).toEqual([20, 6, 'crash']);
  });
});

test('events are told in order, each once, on one line', () => {
  const event = (uid: string, at: string, message: string, count = 1): JsonObject => ({
    metadata: { uid },
    type: 'Warning',
    reason: 'BackOff',
    message,
    count,
    lastTimestamp: at,
    involvedObject: { kind: 'Pod', name: 'api-1' },
  });
  const text = eventsText([
    event('b', '2026-01-01T00:00:02Z', 'second\nline', 4),
    event('a', '2026-01-01T00:00:01Z', 'first'),
    event('b', '2026-01-01T00:00:02Z', 'second\nline', 4),
  ]);
  expect(text).toBe(
    '2026-01-01T00:00:01Z  Warning  BackOff  pod/api-1  first\n2026-01-01T00:00:02Z  Warning  BackOff  pod/api-1  (x4) second line\n',
  );
});

test('ConfigMaps and Secrets are found wherever a pod names them', () => {
  expect(
    referencedBy([
      {
        imagePullSecrets: [{ name: 'registry' }],
        volumes: [
          { configMap: { name: 'files' } },
          { secret: { secretName: 'tls' } },
          {
            projected: {
              sources: [{ secret: { name: 'token' } }, { configMap: { name: 'kube-root-ca.crt' } }],
            },
          },
        ],
        containers: [
          {
            envFrom: [{ configMapRef: { name: 'settings' } }],
            env: [{ valueFrom: { secretKeyRef: { name: 'api', key: 'k' } } }],
          },
        ],
      },
    ]),
  ).toEqual({ configMaps: ['files', 'settings'], secrets: ['api', 'registry', 'tls', 'token'] });
});

test('a Service belongs by its selector, an Ingress by its backends', () => {
  expect(selects({ spec: { selector: { app: 'api' } } }, { app: 'api', version: '2' })).toBe(true);
  expect(selects({ spec: { selector: { app: 'web' } } }, { app: 'api' })).toBe(false);
  expect(selects({ spec: {} }, { app: 'api' })).toBe(false);
  const rules = [{ http: { paths: [{ backend: { service: { name: 'api', port: { number: 80 } } } }] } }];
  expect(backendsOf({ spec: { rules } })).toEqual(['api']);
});

test('Secrets are told by name and keys; short values under harmless names are not searched for', () => {
  const data = { password: 'abc1', username: 'shop', url: 'https://long.example' };
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const secret = { kind: 'Secret', metadata: { name: 'db' }, type: 'Opaque', data: encoded };
  expect(secretsOf(secret)).toEqual({ name: 'db', type: 'Opaque', keys: ['password', 'url', 'username'] });
  expect(worthHiding([secret])).toEqual(['abc1', 'https://long.example']);
});

test('a log on its way to a file steers no terminal and tells no secret', () => {
  const log = '\u001b[31mred\u001b[0m known-value\n::set-output name=x::y\npassword=hunter22\n';
  const known = (text: string): string => text.replaceAll('known-value', '***');
  expect(safeText(log, known)).toBe('red ***\n: :set-output name=x::y\npassword=***\n');
});

test('what fails for one reason is one line, and after the time is up nothing more is asked', async () => {
  const stop = new AbortController();
  const attempts = createAttempts(stop.signal);
  for (const name of ['a', 'b', 'c', 'd']) {
    await attempts.read(name, () => Promise.reject(new Error('forbidden')));
  }
  stop.abort();
  let asked = false;
  await attempts.read('e', async () => {
    asked = true;
  });
  expect(asked).toBe(false);
  const [first, second] = attempts.lacking();
  expect(first).toMatch(/^a, b, c and 1 more: .*forbidden/);
  expect(second).toBe('e: no answer before the time for keeping things was over');
});

test('computed values are the user’s over the chart’s, as Helm has it', () => {
  const chart = { image: { tag: '1', name: 'api' }, list: [1, 2], gone: 1 };
  expect(computedValues(chart, { image: { tag: '2' }, list: [3], gone: null })).toEqual({
    image: { tag: '2', name: 'api' },
    list: [3],
  });
});
