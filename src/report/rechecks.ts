// Looks again after a rollback: their table in the summary, and the file beside the incident's record, which has every
// look so far.

import type { RecheckResult } from '../events.ts';
import { codeSpan, escapeProse, escapeText, heading } from '../values/markdown.ts';
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

/** All looks at one incident. What people write below our part stays. */
export function renderRechecks(report: Report, one: RecheckResult): string {
  const { identity } = report;
  const open = one.looks.filter(({ state }) => state === undefined).length;
  const bad = one.looks.filter(({ state }) => state !== undefined && state !== 'pass').length;
  const rows = one.looks.map((look) => () => [
    look.state === undefined ? '…' : toneMark(checkWords[look.state].tone),
    utc(look.due),
    look.at === undefined ? 'not yet' : utc(look.at),
    look.evidence === undefined ? '–' : prose(look.evidence, recordExtent),
  ]);
  return `${[
    plainFrontMatter([
      ['record', 'rollback-plan/rechecks/v1'],
      ['kind', 'rechecks'],
      ['incident', one.incident],
      ['service', identity.service],
      ['target', identity.target],
      ['rolled_back_at', one.rolledBackAt],
      ['state', one.state],
      ['looks_open', open],
      ['looks_not_passed', bad],
      ['changed', false],
      ['run_key', runKey(report)],
    ]),
    heading(1, `Looked at again after the rollback of ${shorten(one.incident, 200)}`),
    `${escapeText(identity.service)} on ${escapeText(identity.target)}. The rollback ended at ${utc(one.rolledBackAt)} UTC; its record is ${codeSpan(`${one.incident}.md`)}.`,
    table(['', 'due (UTC)', 'looked at (UTC)', 'what was seen'], rows, recordExtent),
    one.changed.length === 0
      ? 'At the last look every component was as the rollback left it.'
      : `At the last look this was not as the rollback left it: ${escapeProse(shorten(one.changed.join(', '), 2_000))}. What was measured is about that.`,
    peopleMarker,
    `${heading(2, 'What people saw')}\n\n**TODO** Complaints, tickets, orders, data: what no check measures.`,
  ].join('\n\n')}\n`;
}
