// The last stage that reaches out: gives the incident record to the forge. Its failure never changes the verdict.

import type { Fault } from '../events.ts';
import type { Plan } from '../plan/plan.ts';
import { usualPlaces } from '../plan/schema.ts';
import type { Forge } from '../ports/forge.ts';
import type { Clock } from '../ports.ts';
import { renderIncident } from '../report/incident.ts';
import { type Report, reportOf } from '../report/model.ts';
import { type AfterIncident, newsOf, rechecksId, renderRechecks } from '../report/rechecks.ts';
import { isHeartbeat } from '../report/run-kind.ts';
import type { Request } from '../request.ts';
import type { Journal } from '../state/journal.ts';
import { withTimeLimit } from '../values/time-limit.ts';
import { deservesRecord, joinRecord, publishRecord, recordPath } from './publish.ts';

const patientMs = 30_000;

export type PublishPorts = {
  readonly clock: Clock;
  /** Aborts when there is no time left to publish anything, also in the middle of it. */
  readonly noTimeLeft: AbortSignal;
  redact(text: string): string;
  /** `undefined` when there is no token or repository to write to. */
  forge(): Promise<Forge | undefined>;
};

const nobodySaysWhere: Fault = {
  code: 'publish-failed',
  message: 'the plan could not be loaded and `publish` is empty, so nothing says where the record goes',
  hint: 'Set publish: pull-request or publish: commit where the record is written, or none where none is wanted. The record itself is with the journal.',
};
const noForge: Fault = {
  code: 'publish-not-allowed',
  message: 'there is no token or no repository to write the record to',
  hint: 'Give the action its `token` input (permissions: contents: write; for pull requests also pull-requests: write), or set publish: none.',
};

/** `plan` is missing where it can't be loaded or trusted: then a report goes to the usual places, if the request wants one. */
export async function publishRun(
  request: Request,
  plan: Plan | undefined,
  journal: Journal,
  ports: PublishPorts,
): Promise<void> {
  // Whoever reports has come for the record alone, and a plan that can't be had is no reason to have none.
  const reports = request.mode === 'report';
  if (plan === undefined && !reports) return;
  const wanted = request.publish ?? plan?.records.publish;
  const report = reportOf(journal.events);
  const deserves = deservesRecord(report);
  if (wanted === 'none' || deserves === 'no') return;
  const records = plan?.records ?? usualPlaces;
  const refuse = (fault: Fault): Promise<void> =>
    journal.emit({ type: 'published', ok: false, path: recordPath(shown, records), fault });
  const news = newsOf(report);
  const shown = news[0] === undefined ? report : rechecksReport(report, news[0]);
  if (wanted === undefined) {
    if (deserves === 'yes') await refuse(nobodySaysWhere);
    return;
  }
  const forge = await ports.forge();
  if (forge === undefined) {
    if (deserves === 'yes') await refuse(noForge);
    return;
  }
  await withTimeLimit(patientMs, [ports.noTimeLeft], async (signal) => {
    const common = { forge, records, as: wanted, redact: ports.redact, clock: ports.clock, signal };
    if (isHeartbeat(report)) {
      for (const one of news) {
        const about = { report: rechecksReport(report, one), markdown: renderRechecks(report, one) };
        await journal.emit({ type: 'published', ...(await publishRecord({ ...common, ...about })) });
      }
      return;
    }
    const bring = deserves === 'if-there' ? joinRecord : publishRecord;
    const published = await bring({ ...common, report, markdown: renderIncident(report) });
    if (published !== undefined) await journal.emit({ type: 'published', ...published });
  });
}

/** A file of its own beside the incident's record, which people may have finished by then. */
function rechecksReport(report: Report, one: AfterIncident): Report {
  const identity = { ...report.identity, incident: rechecksId(one.incident) };
  return { ...report, identity, rechecks: one.looked === undefined ? [] : [one.looked] };
}
