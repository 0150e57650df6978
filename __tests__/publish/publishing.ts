// What publishing tests share: the record of a green run on its way to a forge that breaks on demand, and a clock that skips sleeps.

import { createForge } from '../../src/adapters/github.ts';
import type { Clock } from '../../src/ports.ts';
import { type Published, type PublishRequest, publishRecord } from '../../src/publish/publish.ts';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { green } from '../../tools/look/sample-journals.ts';
import type { Fault } from './contents-server.ts';

export const path = 'incidents/INC-2041.md';
export const key = `main:${path}`;

/** Sleeps are counted, not slept, and pass on the clock; what the network takes is real time on top. */
export function skippingClock(): Clock & { readonly slept: number[] } {
  let skipped = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(),
    monotonicMs: () => performance.now() + skipped,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      skipped += milliseconds;
    },
  };
}

export function publishTo(apiUrl: string, change: Partial<PublishRequest> = {}): Promise<Published> {
  const report = change.report ?? reportOf(green);
  return publishRecord({
    forge: createForge({ apiUrl, token: 'tok-123', repository: 'acme/checkout' }),
    report,
    markdown: renderIncident(report),
    records: { incidents: 'incidents', drills: 'drills' },
    as: 'commit',
    redact: (text) => text,
    clock: skippingClock(),
    signal: new AbortController().signal,
    random: () => 0.5,
    ...change,
  });
}

export function answer(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return { type: 'answer', status, message, headers };
}
