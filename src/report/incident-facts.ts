// The table of facts at the top of a record: how it ended, when, who, where, from what to what, by which plan.

import { codeCell, escapeText, link } from '../values/markdown.ts';
import type { Report } from './model.ts';
import { triggeredAt } from './model.ts';
import { isDrill, isLost } from './run-kind.ts';
import {
  changesText,
  lateText,
  severityOf,
  shorten,
  tookText,
  utc,
  verdictWords,
  versionsText,
} from './wording.ts';

export function factsTable(report: Report): string {
  const { identity, recovery, verdict, snapshot } = report;
  const drill = isDrill(report);
  const severity = severityOf(report);
  const took = tookText(report);
  const met = recovery.met === undefined ? '' : recovery.met ? ', ✅ in time' : `, ⚠️ **${lateText(report)}**`;
  const where = [
    identity.environment === undefined ? undefined : `environment ${identity.environment}`,
    identity.context === undefined ? undefined : `context ${identity.context}`,
    identity.namespace === undefined ? undefined : `namespace ${identity.namespace}`,
  ].filter((one) => one !== undefined);
  const at = [identity.plan.ref, identity.plan.commit].filter((one) => one !== undefined);
  const rows: readonly (readonly [string, string | undefined])[] = [
    drill ? ['Kind', '**DRILL**: a rehearsal, not an incident'] : ['Kind', undefined],
    [
      'Outcome',
      `**${verdictWords(verdict).label}**${verdict.fault === undefined ? '' : ` (${codeCell(verdict.fault.code)})`}`,
    ],
    ['Severity', severity === undefined ? undefined : escapeText(severity)],
    ['Called by', calledBy(report)],
    [isLost(report) ? 'Looked at' : 'Started', `${utc(triggeredAt(report))} UTC`],
    ['Ended', ended(report)],
    ['Duration', took === undefined ? 'not known' : `${took}${met}`],
    [identity.mode === 'rollback' ? 'Pressed by' : 'Started by', pressedBy(report)],
    [
      'Service',
      `${escapeText(identity.service)}${identity.owner === undefined ? '' : `, owned by ${escapeText(identity.owner)}`}`,
    ],
    [
      'Target',
      `${escapeText(identity.target)}${where.length === 0 ? '' : ` (${escapeText(where.join(', '))})`}`,
    ],
    ['Went', isLost(report) ? 'not known' : escapeText(changesText(report.changes))],
    [
      'Snapshot',
      snapshot === undefined
        ? undefined
        : `${codeCell(snapshot.id)}${snapshot.fresh ? '' : ', noted before'}: ${escapeText(versionsText(snapshot.versions))}; read it with ${codeCell(snapshot.where)}`,
    ],
    ['Scenario', `${escapeText(identity.scenario)}, mode ${escapeText(identity.mode)}`],
    [
      'Plan',
      `${codeCell(identity.plan.path)}${at.length === 0 ? '' : ` at ${at.map((one) => codeCell(shorten(one, 200))).join(', ')}`}, ${codeCell(identity.plan.digest)}`,
    ],
    ['Digest', report.digest === undefined ? undefined : codeCell(report.digest)],
    [
      'Run',
      identity.run === undefined
        ? undefined
        : link(
            `${identity.run.repository}, run ${identity.run.id}, attempt ${identity.run.attempt}`,
            identity.run.url,
          ),
    ],
    ['Tool', escapeText(`Rollback Plan ${identity.tool}`)],
  ];
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`| **${name}** | ${value} |`]));
  const [head = '', ...rest] = lines;
  return [head, '| --- | --- |', ...rest].join('\n');
}

function ended(report: Report): string {
  const { endedAt, verdict } = report;
  if (isLost(report)) return 'not known';
  return `${utc(endedAt)} UTC${verdict.said ? '' : ' (last sign of life)'}`;
}

/** Everybody who pressed, in order, each once. */
function pressedBy(report: Report): string {
  const actors = new Set([...report.earlier, report].map((run) => run.identity.actor));
  return [...actors].map((actor) => codeCell(shorten(actor, 200))).join(', then ');
}

/** The trigger that decided, and what it saw. */
function calledBy({ decision }: Report): string | undefined {
  if (decision?.trigger === undefined) return undefined;
  const why = shorten(decision.reasons.join('; '), 500);
  return `trigger ${escapeText(decision.trigger)}: ${escapeText(why)}`;
}
