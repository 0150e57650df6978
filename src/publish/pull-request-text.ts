// Title and text of the pull request that holds a record. Made of outside text, so it is bounded and neutral: it pings
// nobody and closes nothing. What people write below our part of the text is theirs.

import type { Report } from '../report/model.ts';
import { peopleMarker } from '../report/record-format.ts';
import { storyOf } from '../report/story.ts';
import { changesText, destinationText, shorten, verdictWords } from '../report/wording.ts';
import { codeSpan, escapeText, link, neutralText } from '../values/markdown.ts';

export type PullRequestText = { readonly title: string; readonly body: string };

/** Ends our part of the text; publishing looks for it. */
const endOfOurs = '<!-- rollback-plan: below this line is yours. Everything above is kept up to date. -->';
/** Whether publishing wrote the text of a pull request, or a part of it. */
export function isOurText(body: string): boolean {
  return body.includes(endOfOurs);
}

/** GitHub takes 65536 characters. */
const longestBody = 65_000;

/** `incident INC-7: rolled-back checkout to api 7` */
function titleOf(report: Report): string {
  return shorten(neutralText(`${wordOf(report)} ${report.identity.incident}: ${outcomeText(report)}`), 120);
}

/** `rolled-back checkout to api 7` */
export function outcomeText({ identity, verdict, changes }: Report): string {
  const to = destinationText(changes);
  if (verdict.fault?.code === 'deploy-rolled-back')
    return `bad deploy of ${identity.service}, rolled back${to === '' ? '' : ` to ${to}`}`;
  return `${verdict.outcome} ${identity.service}${to === '' ? '' : ` to ${to}`}`;
}

/** What a record is of. */
export function wordOf(report: Report): 'incident' | 'drill' {
  return report.identity.mode === 'drill' ? 'drill' : 'incident';
}

/** @param record the record as it is on the branch: what people have still to fill in is read from it */
export function pullRequestText(report: Report, record: string, path: string): PullRequestText {
  const { identity, verdict, changes } = report;
  const story = storyOf(report);
  const reason = identity.reason.trim();
  const actors = [...new Set([...report.earlier, report].map((run) => run.identity.actor))];
  const rows: readonly (readonly [string, string])[] = [
    ['Outcome', escapeText(verdictWords(verdict).label)],
    ['Service', escapeText(`${shorten(identity.service, 200)} on ${shorten(identity.target, 200)}`)],
    ['What changed', escapeText(shorten(changesText(changes), 1_000))],
    ['Pressed by', escapeText(shorten(actors.join(', then '), 500))],
    [
      'Run',
      identity.run === undefined
        ? 'on a laptop'
        : link(`run ${identity.run.id}, attempt ${identity.run.attempt}`, identity.run.url),
    ],
  ];
  const body = [
    `${wordOf(report) === 'drill' ? 'Drill' : 'Incident'} ${escapeText(identity.incident)}: ${escapeText(shorten(story.headline, 300))}.`,
    `**${story.question}** ${escapeText(shorten(story.back, 1_000))}`,
    `**What happened.** ${escapeText(shorten(story.happened, 2_000))}`,
    ...(reason === '' ? [] : [`**${story.reasonLabel}** ${escapeText(shorten(reason, 1_000))}`]),
    ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n'),
    todoText(record, path),
    'Rollback Plan keeps title and text up to date with every run of the incident, on this branch and in this pull request. Merge it when the record is complete.',
    endOfOurs,
  ].join('\n\n');
  return { title: titleOf(report), body: `${body}\n` };
}

/** For a record that tells of an earlier run, which this one knows nothing about. */
export function bareText(report: Report, record: string, path: string): PullRequestText {
  const { incident, service } = report.identity;
  const title = shorten(neutralText(`${wordOf(report)} ${incident}: record of ${service}`), 120);
  const body = [`The record tells what happened: ${codeSpan(path)}.`, todoText(record, path), endOfOurs].join(
    '\n\n',
  );
  return { title, body: `${body}\n` };
}

function todoText(record: string, path: string): string {
  const open = openParts(record);
  const file = codeSpan(path);
  return open.length === 0
    ? `Nothing says TODO any more in ${file}.`
    : `**For people to fill in** in ${file}, where it says TODO: ${open.map((title) => escapeText(title)).join(', ')}.`;
}

/** Headings of the parts that still hold a TODO, below the line where the record belongs to people. */
function openParts(record: string): readonly string[] {
  const [, people = ''] = record.split(peopleMarker);
  return people
    .split(/^## /m)
    .slice(1)
    .filter((part) => part.includes('**TODO**'))
    .slice(0, 20)
    .map((part) => shorten(part.split('\n')[0]?.trim() ?? '', 60));
}

/**
 * What to replace title and text by, keeping what people wrote below our part; `undefined` when there is nothing to do,
 * or when the text isn't ours: somebody opened the pull request by hand, or cut our line out.
 */
export function updatedText(there: PullRequestText, ours: PullRequestText): PullRequestText | undefined {
  const body = there.body.replaceAll('\r\n', '\n');
  const at = body.indexOf(endOfOurs);
  if (at === -1) return undefined;
  const theirs = body.slice(at + endOfOurs.length).trimEnd();
  const updated = `${ours.body.trimEnd()}${theirs}\n`;
  if (updated.length > longestBody) return undefined;
  if (updated.trimEnd() === body.trimEnd() && there.title === ours.title) return undefined;
  return { title: ours.title, body: updated };
}
