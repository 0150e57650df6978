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
  const why = said(place);
  const on = branch === undefined ? '' : ` on branch ${codeSpan(short(branch))}`;
  const file = `${url === undefined ? codeSpan(short(path)) : link(short(path), url)}${on}`;
  if (!ok) return `⚠️ **Record not published** (${file})${why === '' ? '' : `: ${escapeProse(why)}`}`;
  if (pullRequest !== undefined) return `📄 **Record:** ${link('pull request', pullRequest)}, ${file}`;
  if (compare === undefined) return `📄 **Record:** ${file}${why === '' ? '' : `. ⚠️ ${escapeProse(why)}`}`;
  return `⚠️ **Record:** ${file}, **without a pull request.** ${link('Open it yourself', compare)}. ${escapeProse(why === '' ? allow : why)}`;
}

/** The same in plain lines. */
export function recordLines(report: Report): readonly string[] {
  const place = placeOf(report);
  if (place === undefined) return [];
  const { ok, path, url, branch, pullRequest, compare } = place;
  const why = said(place);
  if (!ok) return [`Record not published: ${why === '' ? 'no reason given' : why}`];
  const file = `Record: ${url ?? path}${branch === undefined ? '' : ` (branch ${branch})`}`;
  if (pullRequest !== undefined) return [file, `Pull request: ${pullRequest}`];
  if (compare === undefined) return why === '' ? [file] : [file, why];
  return [file, `No pull request was opened. Open it yourself: ${compare}`, why === '' ? allow : why];
}

function said({ fault }: PublishedReport): string {
  return fault === undefined ? '' : shorten(`${fault.message}. ${fault.hint}`, 1_000);
}

function short(text: string): string {
  return shorten(text, 200);
}
