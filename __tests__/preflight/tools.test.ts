// Tools are judged by what they print, and a refusal says what to install.

import { describe, expect, test } from '@jest/globals';
import { examineTools, judgeTool } from '../../src/preflight/tools.ts';

const helm = {
  type: 'tool',
  name: 'helm',
  versionArgs: ['version'],
  range: '>=3.14.0',
  install: 'Helm 3.14 or newer',
} as const;

describe('judgeTool', () => {
  test.each([
    ['v3.17.2', 'pass', '3.17.2'],
    ['version.BuildInfo{Version:"v4.1.4", GitCommit:"x"}', 'pass', '4.1.4'],
    ['v4.2.0-rc.1', 'pass', '4.2.0-rc.1'],
    ['git version 3.20.1 (Apple Git-1)', 'pass', '3.20.1'],
  ])('%s is new enough', (printed, state, detail) => {
    expect(judgeTool([helm], printed)).toEqual({ tool: 'helm', state, detail });
  });

  test.each([
    ['v3.13.9', 'helm is 3.13.9, and >=3.14.0 is needed'],
    ['v2.17.0', 'helm is 2.17.0, and >=3.14.0 is needed'],
    ['no digits at all', 'helm says no version that can be read, and >=3.14.0 is needed'],
  ])('%s is not', (printed, message) => {
    const finding = judgeTool([helm], printed);
    expect(finding).toMatchObject({
      state: 'refuse',
      error: { code: 'tool-too-old', message, hint: 'Install it: Helm 3.14 or newer' },
    });
  });

  test('of two ranges for one tool both must hold', () => {
    const stricter = { ...helm, range: '>=4.0.0' } as const;
    expect(judgeTool([helm, stricter], 'v3.17.2')).toMatchObject({ state: 'refuse' });
  });
});

test.each(['timed-out', 'cancelled'] as const)(
  'a tool that says nothing and %s is refused',
  async (ended) => {
    const { range: _, ...anyVersion } = helm;
    const outcome = { ended, exitCode: undefined, signal: undefined, status: undefined, durationMs: 15_000 };
    const said = { stdout: '', stderr: '', raw: Buffer.alloc(0) };
    const [finding] = await examineTools([anyVersion], { run: async () => ({ ...outcome, ...said }) });
    expect(finding).toMatchObject({ tool: 'helm', state: 'refuse', error: { code: 'tool-missing' } });
  },
);
