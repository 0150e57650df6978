// Where the record went: file, branch, pull request, or what a person has to do to open one. For summary and terminal.

import { codeSpan, escapeProse, link } from '../values/markdown.ts';
import type { PublishedReport, Report } from './model.ts';
import { shorten } from './wording.ts';

/** The setting without which GitHub lets no workflow open a pull request; off by default. */
const setting =
  'Settings → Actions → General → “Allow GitHub Actions to create and approve pull requests” (in the organisation, too)';

/** The last that was written, else the last that wasn't. */
function placeOf({ published }: Report): PublishedReport | undefined {
  return published.findLast(({ ok }) => ok) ?? published.at(-1);
}

const allow = `To have it opened next time, switch on ${setting}.`;

export function recordPart(report: Report): string | undefined {
  const place = placeOf(report);
  if (place === undefined) return undefined;
  const { ok, path, url, branch, pullRequest, compare } = place;
  const why = adviceOf(place);
  const on = branch === undefined ? '' : ` on branch ${codeSpan(short(branch))}`;
  const file = `${url === undefined ? codeSpan(short(path)) : link(short(path), url)}${on}`;
  if (!ok) return `⚠️ **Record not published** (${file})${why === '' ? '' : `: ${escapeProse(why)}`}`;
  return [
    `${why === '' ? '📄' : '⚠️'} **Record:** ${pullRequest === undefined ? '' : `${link('pull request', pullRequest)}, `}${file}.`,
    compare === undefined ? '' : `**${lacks(place)}** ${link('Open it yourself', compare)}.`,
    why === '' ? '' : escapeProse(why),
  ]
    .filter((one) => one !== '')
    .join(' ');
}

/** The same in plain lines. */
export function recordLines(report: Report): readonly string[] {
  const place = placeOf(report);
  if (place === undefined) return [];
  const { ok, path, url, branch, pullRequest, compare } = place;
  const why = adviceOf(place);
  if (!ok) return [`Record not published: ${why === '' ? 'no reason given' : why}`];
  return [
    `Record: ${url ?? path}${branch === undefined ? '' : ` (branch ${branch})`}`,
    ...(pullRequest === undefined ? [] : [`Pull request: ${pullRequest}`]),
    ...(compare === undefined ? [] : [`${lacks(place)} Open it yourself: ${compare}`]),
    ...(why === '' ? [] : [why]),
  ];
}

function lacks({ pullRequest }: PublishedReport): string {
  return pullRequest === undefined
    ? 'No pull request was opened.'
    : 'That pull request is not open any more.';
}

/** Why it isn't quite as it was wanted, and what to do about it. */
function adviceOf({ fault, ok, compare, pullRequest }: PublishedReport): string {
  if (fault !== undefined) return shorten(`${fault.message}. ${fault.hint}`, 1_000);
  return ok && compare !== undefined && pullRequest === undefined ? allow : '';
}

function short(text: string): string {
  return shorten(text, 200);
}
