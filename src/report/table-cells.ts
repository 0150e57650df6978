// What every table is made of: cells whose outside text is escaped and bounded, and rows that are cut with a word about it.

import { markdownTable } from 'markdown-table';
import { codeCell, escapeProse, escapeText } from '../values/markdown.ts';
import type { Tone } from './model.ts';
import { count, formatDuration, shorten } from './wording.ts';

/** How much a table may show; the last rows say what is left out. */
export type Extent = { readonly rows: number; readonly cellCharacters: number };

const toneMarks = { plain: '▫️', good: '✅', warning: '⚠️', bad: '❌' } as const satisfies Record<Tone, string>;

export function toneMark(tone: Tone): string {
  return toneMarks[tone];
}

/** Drawn only if it is kept: a journal may have a hundred thousand. */
export type Row = () => readonly string[];

export function table(
  head: readonly string[],
  rows: readonly Row[],
  extent: Extent,
  align?: readonly string[],
): string {
  const kept = rows.length <= extent.rows ? rows : rows.slice(0, extent.rows);
  const left = rows.length - kept.length;
  const drawn = markdownTable([[...head], ...kept.map((row) => [...row()])], {
    alignDelimiters: false,
    padding: true,
    ...(align === undefined ? {} : { align: [...align] }),
  });
  return left === 0 ? drawn : `${drawn}\n\n_${count(left, 'row')} left out._`;
}

/** A duration that a narrow column doesn't break. */
export function unbroken(milliseconds: number): string {
  return formatDuration(milliseconds).replaceAll(' ', '\u00a0');
}

export function text(value: string | undefined, extent: Extent): string {
  return value === undefined || value === '' ? '–' : escapeText(shorten(value, extent.cellCharacters));
}

export function prose(value: string, extent: Extent): string {
  return escapeProse(shorten(value, extent.cellCharacters));
}

export function code(value: string | undefined, extent: Extent): string {
  return value === undefined || value === '' ? '–' : codeCell(shorten(value, extent.cellCharacters));
}
