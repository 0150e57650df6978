// The last stage that reaches out: gives the incident record to the forge. Its failure never changes the verdict.

import type { Plan } from '../plan/plan.ts';
import type { Clock, Forge } from '../ports.ts';
import { renderIncident } from '../report/incident.ts';
import { reportOf } from '../report/model.ts';
import type { Request } from '../request.ts';
import type { Journal } from '../state/journal.ts';
import { deservesRecord, publishRecord, recordPath } from './publish.ts';

/** After a cancellation the runner leaves us seconds. */
const hurriedMs = 4_000;
const patientMs = 30_000;

export type PublishPorts = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  redact(text: string): string;
  /** `undefined` when there is no token or repository to write to. */
  forge(): Promise<Forge | undefined>;
};

export async function publishRun(
  request: Request,
  plan: Plan | undefined,
  journal: Journal,
  ports: PublishPorts,
): Promise<void> {
  const wanted = request.publish ?? plan?.records.publish ?? 'none';
  const report = reportOf(journal.events);
  if (wanted === 'none' || plan === undefined || !deservesRecord(report)) return;
  const forge = await ports.forge();
  const { records } = plan;
  if (forge === undefined) {
    await journal.emit({
      type: 'published',
      ok: false,
      path: recordPath(report, records),
      fault: {
        code: 'publish-not-allowed',
        message: 'there is no token or no repository to write the record to',
        hint: 'Give the action its `token` input (permissions: contents: write; for pull requests also pull-requests: write), or set publish: none.',
      },
    });
    return;
  }
  const signal = AbortSignal.timeout(ports.signal.aborted ? hurriedMs : patientMs);
  const published = await publishRecord({
    forge,
    report,
    markdown: renderIncident(report),
    records,
    as: wanted,
    redact: ports.redact,
    clock: ports.clock,
    signal,
  });
  await journal.emit({ type: 'published', ...published });
}
