// What both demos share: where files go, what is ended when, and the words for what a user saw.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ActionResult } from './run-action.ts';
import type { Screen } from './screen.ts';
import { strip, tally, type Visitor } from './visitor.ts';

export interface DemoContext {
  readonly screen: Screen;
  /** Kept after the end. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Runs at the end, whatever happened; last in, first out. */
  atEnd(close: () => Promise<void>): void;
}

/** Moments on a visitor's clock. */
export interface Moments {
  readonly deployed: number;
  readonly pressed: number;
  readonly done: number;
}

/** Twenty requests to each path, as a table. @returns whether all of them were answered with 200 */
export async function showVisit(screen: Screen, url: string, paths: readonly string[]): Promise<boolean> {
  const rows: (readonly [string, string])[] = [];
  for (const path of paths) rows.push([`GET ${path}`, await tally(url, path)]);
  screen.rows(rows);
  return rows.every(([, said]) => /^20 × 200 /.test(said));
}

/** A strip per path, from the bad release to the end, and the seconds that mattered. */
export function showMoments(screen: Screen, visitor: Visitor, moments: Moments): void {
  const signs = 60;
  const span = { from: moments.deployed - 500, to: visitor.now() };
  const column = (at: number): number =>
    Math.min(signs - 1, Math.floor(((at - span.from) / (span.to - span.from)) * signs));
  const widest = Math.max(...[...visitor.looks.keys()].map((path) => path.length)) + 2;
  for (const [path, looks] of visitor.looks) {
    const signsOfPath = strip(looks, span, signs);
    const painted = signsOfPath.replaceAll(/✓+|✗+/g, (run) =>
      screen.paint(run.startsWith('✓') ? 'good' : 'bad', run),
    );
    screen.line(`   ${path.padEnd(widest)}${painted}`);
  }
  const marks: readonly (readonly [number, string])[] = [
    [moments.deployed, '1.2.0 is deployed'],
    [moments.pressed, 'the button is pressed'],
    [moments.done, 'the action says it is done'],
  ];
  for (const [at, text] of marks) {
    const before = column(at);
    // A mark near the right edge is told to the left of its arrow.
    const told = before > signs / 2 ? `${`${text} `.padStart(before)}↑` : `${' '.repeat(before)}↑ ${text}`;
    screen.line(`   ${' '.repeat(widest)}${screen.paint('dim', told)}`);
  }
  screen.line();
  const bad = [...visitor.looks.values()].flat().filter(({ ok }) => !ok);
  const lastBad = Math.max(moments.pressed, ...bad.map(({ at }) => at));
  screen.say(
    `From the button: ${inSeconds(lastBad - moments.pressed)} until every answer was good again, ${inSeconds(moments.done - moments.pressed)} until the record was written.`,
  );
}

/** The timeline out of the incident record, as a person finds it there. */
export async function showTimeline(screen: Screen, record: string): Promise<void> {
  const rows = timelineOf(await readFile(record, 'utf8'));
  for (const [time, mark, event] of rows) screen.quote(`${time} ${mark === '' ? ' ' : mark} ${event}`);
}

/** Pure: time, mark and event of each row of the table under the heading `Timeline`. */
export function timelineOf(markdown: string): readonly (readonly [string, string, string])[] {
  const after = markdown.split(/^## Timeline$/m)[1] ?? '';
  const part = after.split(/^## /m)[0] ?? '';
  return part
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => plainText(cell.trim())))
    .map(([, time = '', mark = '', event = '']) => [time, mark, event] as const);
}

function plainText(markdown: string): string {
  const signs: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  return markdown.replaceAll(/\\(.)/g, '$1').replaceAll(/&(?:lt|gt|amp);/g, (sign) => signs[sign] ?? sign);
}

/** Where everything lies that a person may want to look at; paths within the folder that is named at the very end. */
export function showFiles(
  { screen, folder }: DemoContext,
  result: ActionResult,
  more: readonly (readonly [string, string])[],
): void {
  const resultFile = result.outputs['result'] ?? '';
  const own = (name: string): string => join(dirname(resultFile), name);
  const files: readonly (readonly [string, string])[] = [
    ['job summary', result.summaryFile],
    ['incident record', own('incident.md')],
    ['result', resultFile],
    ['journal', own('journal.jsonl')],
    ...more,
  ];
  screen.say(`In ${folder}:`);
  screen.rows(files.filter(() => resultFile !== '').map(([name, path]) => [name, relative(folder, path)]));
}

export function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
