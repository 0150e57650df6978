// The comment that a watch keeps: how it goes while it goes on, and what came of it. One text, replaced each time.

import type { RunIdentity, WatchedSeries } from '../events.ts';
import { codeSpan, escapeProse, escapeText, heading, link } from '../values/markdown.ts';
import { type Followed, type WatchProgress, watchedOf } from '../verify/follow-watch.ts';
import { chartsPart, inWords, lineOf } from './chart.ts';
import type { Report } from './model.ts';
import { storyOf } from './story.ts';
import { code, type Extent, prose, table, text } from './table-cells.ts';
import { toneMark } from './tables.ts';
import { checkWords, formatDuration, shorten } from './wording.ts';

export type About = Pick<RunIdentity, 'service' | 'target' | 'incident' | 'run'>;

const extent: Extent = { rows: 30, cellCharacters: 300 };
/** GitHub takes 65536 characters. */
const longest = 60_000;

/** By this line a comment is found again: one for each service in each target. */
export function markerOf({ service, target }: Pick<About, 'service' | 'target'>): string {
  const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
  return `<!-- rollback-plan:watch:${plain(service)}:${plain(target)} -->`;
}

export function progressComment(about: About, now: WatchProgress, at: Date): string {
  const seconds = (milliseconds: number): string => formatDuration(Math.round(milliseconds / 1_000) * 1_000);
  const left = Math.max(0, now.windowMs - now.elapsedMs);
  return bounded([
    markerOf(about),
    heading(3, `👀 Watching the deploy of ${about.service} on ${about.target}`),
    `Watched for ${seconds(now.elapsedMs)}, ${left < 1_000 ? 'the window is over and something is undecided' : `${seconds(left)} to go`}.`,
    table(
      ['', 'condition', 'last look', 'so far'],
      now.conditions.map((condition) => () => rowOf(condition)),
      extent,
    ),
    lastLine(about, at),
  ]);
}

export function finalComment(about: About, report: Report): string {
  const story = storyOf(report);
  const record = report.published.findLast(({ ok }) => ok);
  const where = record?.pullRequest ?? record?.url;
  return bounded([
    markerOf(about),
    heading(3, `${toneMark(story.tone)} ${shorten(story.headline, 300)}`),
    `**${story.question}** ${escapeProse(shorten(story.back, 1_000))}`,
    escapeProse(shorten(story.happened, 2_000)),
    where === undefined ? undefined : link('The record', where),
    chartsPart(report),
    lastLine(about, new Date(report.endedAt)),
  ]);
}

function rowOf(condition: Followed): readonly string[] {
  const { name, state, evidence } = condition;
  const series = watchedOf(condition);
  return [
    state === undefined ? '…' : toneMark(checkWords[state].tone),
    text(name, extent),
    state === undefined ? 'not looked at yet' : prose(evidence, extent),
    series === undefined ? '–' : soFar(series),
  ];
}

function soFar(series: WatchedSeries): string {
  const line = lineOf(series);
  return `${line === '' ? '' : `${code(line, extent)} `}${prose(inWords(series), extent)}`;
}

function lastLine({ incident, run }: About, at: Date): string {
  return [
    `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    run === undefined ? undefined : link(`run ${run.id}, attempt ${run.attempt}`, run.url),
    codeSpan(shorten(incident, 200)),
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** What is too long loses its charts, which are last but one. */
function bounded(parts: readonly (string | undefined)[]): string {
  const all = parts.filter((part) => part !== undefined);
  const whole = `${all.join('\n\n')}\n`;
  if (whole.length <= longest) return whole;
  return `${[...all.slice(0, -2), escapeText('The charts are in the summary of the run.'), ...all.slice(-1)].join('\n\n')}\n`;
}
