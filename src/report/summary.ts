// The report as GitHub's job summary: the verdict first, then what moved, then how it is known. The runner drops a
// summary of more than 1 MiB whole, so it is kept below: logs go first, then previews, then rows; the verdict never.

import type { Alert } from '../values/markdown.ts';
import {
  alert,
  codeBlock,
  codeSpan,
  details,
  escapeProse,
  escapeText,
  heading,
  link,
} from '../values/markdown.ts';
import { chartsPart } from './chart.ts';
import { lastWords, outputBytes, stepLog } from './evidence.ts';
import { comparedTable, foundPart, measuresTable, watchPart } from './finding-tables.ts';
import { followUpsPart } from './follow-ups.ts';
import { keptPart } from './kept.ts';
import type { Report } from './model.ts';
import { stepsOf } from './model.ts';
import { isPreflight, readinessTable } from './readiness.ts';
import { rechecksPart } from './rechecks.ts';
import { recordPart } from './record-place.ts';
import { isDrill } from './run-kind.ts';
import type { NextStep, Story } from './story.ts';
import { storyOf } from './story.ts';
import { type Detail, dryRunParts, preparedPart, section } from './summary-parts.ts';
import {
  changesTable,
  checksTable,
  gantt,
  gatesPart,
  stepsTable,
  timelineTable,
  toneMark,
} from './tables.ts';
import {
  foldLines,
  lateText,
  severityOf,
  shorten,
  statusWords,
  tookText,
  utc,
  versionsTitle,
} from './wording.ts';

/** Below the runner's 1 MiB, with room for what a workflow's own step may add. */
const summaryLimitBytes = 1_000_000;

const whole = { rows: 2_000, cellCharacters: 4_000, previewBytes: 131_072, commandBytes: 131_072 } as const;
const smallest = { rows: 40, cellCharacters: 160, previewBytes: 0, commandBytes: 16_384 } as const;

/** From everything to the least that is still a report. The last one fits whatever the journal holds. */
const detailLevels: readonly Detail[] = [
  { ...whole, logBytes: 65_536, missing: undefined },
  { ...whole, logBytes: 4_096, missing: 'Logs are shortened to their last lines.' },
  { ...whole, logBytes: 0, missing: 'Logs are left out.' },
  { ...whole, logBytes: 0, previewBytes: 8_192, missing: 'Logs are left out and previews shortened.' },
  {
    ...whole,
    logBytes: 0,
    previewBytes: 0,
    rows: 300,
    cellCharacters: 600,
    missing: 'Logs and previews are left out, and long tables cut.',
  },
  {
    ...smallest,
    logBytes: 0,
    missing: 'Logs and previews are left out, and tables cut to their first rows.',
  },
];

export function renderSummary(report: Report, limitBytes = summaryLimitBytes): string {
  const story = storyOf(report);
  const bulky = outputBytes(report) > limitBytes;
  let drawn = '';
  for (const detail of detailLevels) {
    // 64 KiB of each log can't fit when all logs together don't fit many times over.
    if (bulky && detail.missing === undefined) continue;
    drawn = draw(report, story, detail);
    if (Buffer.byteLength(drawn) <= limitBytes) return drawn;
  }
  return drawn;
}

function draw(report: Report, story: Story, detail: Detail): string {
  const parts = [
    heading(
      2,
      `${report.identity.dryRun && report.verdict.green && !isPreflight(report) ? '🔎' : toneMark(story.tone)} ${shorten(story.headline, 300)}`,
    ),
    factsLine(report),
    verdictBox(report, story),
    recordPart(report),
    overridesBox(report),
    failureBox(report),
    section('Readiness', readinessTable(report, detail), true),
    ...(report.identity.dryRun ? dryRunParts(report, detail) : runParts(report, detail)),
    notesList(report, detail),
    section(
      'Gates',
      isPreflight(report) ? undefined : gatesPart(report, detail),
      report.gates.some(({ state }) => state !== 'pass'),
    ),
    ...logParts(report, detail),
    detail.missing === undefined
      ? undefined
      : `_${detail.missing} GitHub drops a summary of more than 1 MiB; the journal has everything._`,
    footer(report),
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function factsLine(report: Report): string {
  const { identity } = report;
  const late = lateText(report);
  const took = tookText(report);
  const severity = severityOf(report);
  return [
    isDrill(report) ? '**DRILL, not an incident**' : undefined,
    `**${escapeText(brief(identity.target))}**`,
    severity === undefined ? undefined : escapeText(brief(severity)),
    took === undefined ? undefined : `${took}${late === '' ? '' : `, ⚠️ **${late}**`}`,
    `scenario ${escapeText(brief(identity.scenario))}`,
    `started by ${codeSpan(brief(identity.actor))}`,
    `${isDrill(report) ? 'drill' : 'incident'} ${codeSpan(brief(identity.incident))}`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** Names are short; one that isn't must not push the verdict out. */
function brief(name: string): string {
  return shorten(name, 200);
}

const boxes = { good: 'TIP', plain: 'NOTE', warning: 'WARNING', bad: 'CAUTION' } as const satisfies Record<
  Story['tone'],
  Alert
>;

function verdictBox(report: Report, story: Story): string {
  const reason = report.identity.reason.trim();
  const lines = [
    `**${story.question}** ${escapeProse(shorten(story.back, 1_000))}`,
    `**What happened.** ${escapeProse(shorten(story.happened, 2_000))}`,
    ...(story.meaning === undefined ? [] : [`**In a real incident:** ${escapeProse(story.meaning)}`]),
    ...(reason === '' ? [] : [`**${story.reasonLabel}** ${escapeText(shorten(reason, 1_000))}`]),
    ...story.next.map((step, index) => nextStep(step, index === 0 ? '**Do now.** ' : '')),
  ];
  return alert(boxes[story.tone], lines.join('\n\n'));
}

function nextStep({ text, listing, command }: NextStep, lead: string): string {
  const listed = listing === undefined ? '' : `\n\n${codeBlock(shorten(listing.join('\n'), 20_000))}`;
  const said = `${lead}${escapeProse(shorten(text, 2_000))}${listed}`;
  return command === undefined
    ? said
    : `${said}\n\n${codeBlock(shorten(command.join(' \\\n  '), 4_000), 'sh')}`;
}

function overridesBox(report: Report): string | undefined {
  const { overrides, actor } = report.identity;
  if (overrides.length === 0) return undefined;
  const given = overrides.slice(0, 50).map((name) => codeSpan(shorten(name, 200)));
  return alert('WARNING', `**Overridden by ${codeSpan(brief(actor))}:** ${given.join(', ')}`);
}

function failureBox(report: Report): string | undefined {
  if (report.verdict.green || report.identity.dryRun) return undefined;
  const words = lastWords(report);
  return words === undefined
    ? undefined
    : `The last lines of what failed:\n\n${codeBlock(foldLines(words, 110))}`;
}

function runParts(report: Report, detail: Detail): readonly (string | undefined)[] {
  return [
    section('What is there now', foundPart(report, detail), true),
    section('Measured', measuresTable(report, detail), true),
    section('As before?', comparedTable(report, detail), true),
    section('Looked at again', rechecksPart(report, detail), true),
    section('Follow-up', followUpsPart(report, detail), true),
    section('Watch', watchPart(report, detail), true),
    section('What a rollback would run', preparedPart(report, detail), true),
    section('Measured while watching', chartsPart(report), true),
    section(versionsTitle(report, 'Versions'), changesTable(report, detail), true),
    section('Steps', stepsTable(report, detail), true),
    section('Checks', checksTable(report, detail), true),
    section('Kept before the change', keptPart(report, detail), true),
    section('Timeline', timeline(report, detail), true),
  ];
}

function timeline(report: Report, detail: Detail): string | undefined {
  const drawn = timelineTable(report.timeline, detail);
  if (drawn === undefined) return undefined;
  const bars = gantt(report);
  return bars === undefined ? drawn : `${bars}\n\n${details('Every event', drawn)}`;
}

function notesList(report: Report, detail: Detail): string | undefined {
  const own = report.notes.map((note) => ({ mark: note.level === 'warning' ? '⚠️ ' : '', text: note.text }));
  const ofSteps = stepsOf(report).flatMap((step) =>
    step.notes.map((text) => ({ mark: '', text: `${step.title}: ${text}` })),
  );
  const notes = [...own, ...ofSteps];
  if (notes.length === 0) return undefined;
  const lines = notes
    .slice(0, detail.rows)
    .map(({ mark, text }) => `- ${mark}${escapeProse(shorten(text, detail.cellCharacters))}`);
  return section('Good to know', lines.join('\n'), true);
}

function logParts(report: Report, detail: Detail): readonly string[] {
  if (detail.logBytes === 0 || report.identity.dryRun) return [];
  const run = stepsOf(report).filter(({ operations }) =>
    operations.some(({ attempts }) => attempts.length > 0),
  );
  if (run.length === 0) return [];
  return [
    heading(3, 'Logs'),
    ...run.map((step) =>
      details(`${statusWords[step.status].mark} ${step.title}`, codeBlock(stepLog(step, detail.logBytes))),
    ),
  ];
}

function footer(report: Report): string {
  const { identity } = report;
  const { plan } = identity;
  const at = [plan.ref, plan.commit?.slice(0, 12)]
    .filter((one) => one !== undefined)
    .map((one) => brief(one));
  return [
    '---',
    [
      `plan ${codeSpan(brief(plan.path))}${at.length === 0 ? '' : ` at ${at.map((one) => codeSpan(one)).join(', ')}`}`,
      report.digest === undefined ? undefined : `digest ${codeSpan(shorten(report.digest, 100))}`,
      `${utc(report.startedAt)} UTC`,
      `Rollback Plan ${escapeText(brief(identity.tool))}`,
      identity.run === undefined
        ? undefined
        : link(`run ${identity.run.id}, attempt ${identity.run.attempt}`, identity.run.url),
    ]
      .filter((part) => part !== undefined)
      .join(' · '),
  ].join('\n\n');
}
