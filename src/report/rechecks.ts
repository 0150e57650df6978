// Looks again after a rollback: their table in the summary, and the file beside the incident's record, which has every
// look so far.

import type { FollowUpsResult, RecheckResult } from '../events.ts';
import { codeSpan, escapeProse, escapeText, heading } from '../values/markdown.ts';
import { followUpsTable } from './follow-ups.ts';
import type { Report } from './model.ts';
import { peopleMarker, plainFrontMatter, runKey } from './record-format.ts';
import type { Extent } from './table-cells.ts';
import { prose, table, text, toneMark } from './table-cells.ts';
import { checkWords, shorten, utc } from './wording.ts';

const recordExtent: Extent = { rows: 100, cellCharacters: 1_000 };

export function rechecksPart({ rechecks }: Report, extent: Extent): string | undefined {
  if (rechecks.length === 0) return undefined;
  const rows = rechecks.map((one) => () => [
    toneMark(checkWords[one.state].tone),
    text(one.incident, extent),
    one.due.map(utc).join('<br>'),
    text(one.late, extent),
    prose(one.evidence, extent),
    since(one, extent),
  ]);
  return table(
    ['', 'after the rollback of', 'due (UTC)', 'looked', 'what was seen', 'since then'],
    rows,
    extent,
  );
}

function since({ changed }: RecheckResult, extent: Extent): string {
  return changed.length === 0 ? 'as it was left' : `**changed:** ${text(changed.join(', '), extent)}`;
}

/** Id under which the looks at one incident are kept, beside its record. */
export function rechecksId(incident: string): string {
  return `${incident}-rechecks`;
}

/** What a heartbeat knows about one incident: a look, what people have to do, or both. */
export type AfterIncident = {
  readonly incident: string;
  readonly rolledBackAt: string;
  readonly looks: RecheckResult['looks'];
  /** The look of this run, if it looked. */
  readonly looked: RecheckResult | undefined;
  readonly followUps: FollowUpsResult | undefined;
};

/** The incidents about which there is something new to keep. */
export function newsOf({ rechecks, followUps }: Report): readonly AfterIncident[] {
  const about = (incident: string): FollowUpsResult | undefined =>
    followUps.find((one) => one.incident === incident);
  const looked = rechecks.map((one) => ({
    incident: one.incident,
    rolledBackAt: one.rolledBackAt,
    looks: one.looks,
    looked: one,
    followUps: about(one.incident),
  }));
  const others = followUps
    .filter(({ incident, fresh }) => fresh.length > 0 && !looked.some((one) => one.incident === incident))
    .map((one) => ({
      incident: one.incident,
      rolledBackAt: one.rolledBackAt,
      looks: one.looks,
      looked: undefined,
      followUps: one,
    }));
  return [...looked, ...others];
}

/** All looks at one incident, and how its follow-up stands. What people write below our part stays. */
export function renderRechecks(report: Report, one: AfterIncident): string {
  const { identity } = report;
  const open = one.looks.filter(({ state }) => state === undefined).length;
  const bad = one.looks.filter(({ state }) => state !== undefined && state !== 'pass').length;
  const rows = one.looks.map((look) => () => [
    look.state === undefined ? '…' : toneMark(checkWords[look.state].tone),
    utc(look.due),
    look.at === undefined ? 'not yet' : utc(look.at),
    look.evidence === undefined ? '–' : prose(look.evidence, recordExtent),
  ]);
  const tasks = one.followUps?.tasks;
  const parts = [
    plainFrontMatter([
      ['record', 'rollback-plan/rechecks/v1'],
      ['kind', 'rechecks'],
      ['incident', one.incident],
      ['service', identity.service],
      ['target', identity.target],
      ['rolled_back_at', one.rolledBackAt],
      ['state', one.looked?.state],
      ['looks_open', open],
      ['looks_not_passed', bad],
      ['follow_ups_open', tasks?.filter(({ state }) => state !== 'done').length],
      ['follow_ups_overdue', tasks?.filter(({ state }) => state === 'overdue').length],
      ['changed', false],
      ['run_key', runKey(report)],
    ]),
    heading(1, `Looked at again after the rollback of ${shorten(one.incident, 200)}`),
    `${escapeText(identity.service)} on ${escapeText(identity.target)}. The rollback ended at ${utc(one.rolledBackAt)} UTC; its record is ${codeSpan(`${one.incident}.md`)}.`,
    rows.length === 0
      ? undefined
      : table(['', 'due (UTC)', 'looked at (UTC)', 'what was seen'], rows, recordExtent),
    changedText(one.looked),
    one.followUps === undefined
      ? undefined
      : `${heading(2, 'Follow-up')}\n\n${followUpsTable([one.followUps], recordExtent)}`,
    peopleMarker,
    `${heading(2, 'What people saw')}\n\n**TODO** Complaints, tickets, orders, data: what no check measures.`,
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

function changedText(looked: RecheckResult | undefined): string | undefined {
  if (looked === undefined) return undefined;
  return looked.changed.length === 0
    ? 'At the last look every component was as the rollback left it.'
    : `At the last look this was not as the rollback left it: ${escapeProse(shorten(looked.changed.join(', '), 2_000))}. What was measured is about that.`;
}
