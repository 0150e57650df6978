// The record of an incident or a drill: what machines and people read the next day. The part above the marker is written from the
// journal and replaced when the incident goes on; the part below belongs to people and is never touched again.

import { alert, codeBlock, codeSpan, details, escapeProse, escapeText, heading } from '../values/markdown.ts';
import { chartsPart } from './chart.ts';
import { stepLog } from './evidence.ts';
import { comparedTable, foundPart, measuresTable, watchPart } from './finding-tables.ts';
import { factsTable } from './incident-facts.ts';
import { peopleParts } from './incident-people.ts';
import { keptPart } from './kept.ts';
import type { Report, StepReport } from './model.ts';
import { stepsOf } from './model.ts';
import { frontMatter, peopleMarker, recordKind, runsTable, runsTitle } from './record-format.ts';
import { storyOf } from './story.ts';
import type { Extent } from './tables.ts';
import { changesTable, checksTable, gantt, gatesPart, stepsTable, timelineTable } from './tables.ts';
import { exceeded, formatDuration, shorten, statusWords, utc, versionsTitle } from './wording.ts';

const extent: Extent = { rows: 500, cellCharacters: 1_000 };
const logBytes = 4_096;
/** All logs together; a record is read in a browser and kept for years. */
const allLogsBytes = 200_000;

export function renderIncident(report: Report): string {
  const parts = [
    frontMatter(report),
    heading(1, titleOf(report)),
    summaryBox(report),
    overridesBox(report),
    factsTable(report),
    part('What is there now', foundPart(report, extent)),
    part('Measured', measuresTable(report, extent)),
    part('As before?', comparedTable(report, extent)),
    part('Watch', watchPart(report, extent)),
    part('Measured while watching', chartsPart(report)),
    part(versionsTitle(report, 'What moved'), changesTable(report, extent)),
    part('Timeline', timeline(report)),
    part('What users saw', checksTable(report, extent) ?? '_Nothing was measured: the plan has no checks._'),
    part('What was done', actions(report)),
    part('Kept before the change', keptPart(report, extent)),
    part('Gates', gatesPart(report, extent)),
    part('Evidence', evidence(report)),
    part(recordKind(report) === 'incident' ? runsTitle : 'Runs', runsTable(report)),
  ];
  const written = parts.filter((one) => one !== undefined).join('\n\n');
  // Output that quotes the marker must not end our part.
  const unbroken = written.replaceAll(peopleMarker, peopleMarker.replace('<!--', '<!- -'));
  return `${[unbroken, peopleMarker, ...peopleParts(report)].join('\n\n')}\n`;
}

/** A drill says so in its first word. */
function titleOf(report: Report): string {
  const headline = shorten(storyOf(report).headline, 300);
  const id = shorten(report.identity.incident, 200);
  return recordKind(report) === 'incident' ? `Incident ${id}: ${headline}` : `${headline} (${id})`;
}

function part(title: string, body: string | undefined): string | undefined {
  return body === undefined ? undefined : `${heading(2, title)}\n\n${body}`;
}

const boxes = { good: 'TIP', plain: 'NOTE', warning: 'WARNING', bad: 'CAUTION' } as const;

function summaryBox(report: Report): string {
  const story = storyOf(report);
  const reason = report.identity.reason.trim();
  return alert(
    boxes[story.tone],
    [
      `**${story.question}** ${escapeProse(shorten(story.back, 2_000))}`,
      `**What happened.** ${escapeProse(shorten(story.happened, 4_000))}`,
      ...(story.meaning === undefined ? [] : [`**In a real incident:** ${escapeProse(story.meaning)}`]),
      `**${story.reasonLabel}** ${reason === '' ? '_no reason was given_' : escapeText(shorten(reason, 4_000))}`,
    ].join('\n\n'),
  );
}

function overridesBox(report: Report): string | undefined {
  const { overrides, actor } = report.identity;
  if (overrides.length === 0) return undefined;
  return alert(
    'WARNING',
    `**Overridden by ${codeSpan(actor)}:** ${overrides.map((name) => codeSpan(name)).join(', ')}. Somebody has to look at whether that was right.`,
  );
}

function timeline(report: Report): string | undefined {
  const entries = [...report.earlier, report].flatMap((run) => run.timeline);
  const table = timelineTable(entries, extent);
  if (table === undefined) return undefined;
  const bars = gantt(report);
  return bars === undefined ? table : `${bars}\n\n${table}`;
}

function actions(report: Report): string | undefined {
  const table = stepsTable(report, extent);
  if (table === undefined) return undefined;
  const late = report.phases.filter(exceeded);
  const slowest = stepsOf(report)
    .filter((step) => step.status === 'succeeded')
    .toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0))[0];
  const remarks = [
    ...late.map(
      (phase) =>
        `Phase ${escapeText(phase.name)} went over its budget of ${formatDuration(phase.budgetMs ?? 0)}.`,
    ),
    ...(slowest === undefined
      ? []
      : [
          `The slowest step was ${escapeText(slowest.title)}, with ${formatDuration(slowest.durationMs ?? 0)}.`,
        ]),
  ];
  return [table, remarks.join(' ')].filter((one) => one !== '').join('\n\n');
}

function evidence(report: Report): string | undefined {
  let left = allLogsBytes;
  const blocks = stepsOf(report)
    .filter(({ operations }) => operations.some(({ attempts }) => attempts.length > 0))
    .map((step) => {
      const block = evidenceOf(step, left > 0 ? logBytes : 0);
      left -= Buffer.byteLength(block);
      return block;
    });
  const journalled = report.captured.filter(({ files }) => files.length === 0);
  const saved = journalled.map(
    ({ at, of, label }) => `- ${utc(at)}: ${escapeText(label)} of ${escapeText(of)} was saved in the journal`,
  );
  const all = [...blocks, ...(saved.length === 0 ? [] : [saved.slice(0, extent.rows).join('\n')])];
  return all.length === 0 ? undefined : all.join('\n\n');
}

function evidenceOf(step: StepReport, bytes: number): string {
  const proof =
    step.evidence === undefined || step.evidence === '' ? '' : `${escapeProse(step.evidence)}\n\n`;
  return details(
    `${statusWords[step.status].mark} ${step.title} (${statusWords[step.status].label})`,
    `${proof}${codeBlock(stepLog(step, bytes))}`,
  );
}
