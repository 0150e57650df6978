// Lines for a terminal: at most so many columns, words kept whole where they fit, wide signs counted as two.

import { oneLine } from '../values/markdown.ts';
import type { Tone } from './model.ts';

/** Colours a piece of text, or leaves it as it is. */
export type Paint = (tone: Tone | 'bold' | 'dim', text: string) => string;

/** Columns that a line may take. */
export const width = 100;

/** Wide signs (CJK, emoji) take two columns. */
function columns(text: string): number {
  let sum = 0;
  for (const sign of text)
    sum +=
      /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{20000}-\u{3fffd}]/u.test(
        sign,
      )
        ? 2
        : 1;
  return sum;
}

export function cut(line: string): string {
  return hardSplit(line, width)[0] ?? '';
}

/** One paragraph over as many lines as it needs; lines after the first are indented by `hang`. */
export function wrap(text: string, hang: number): string {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const word of oneLine(text).split(' ')) {
    for (const piece of hardSplit(word, width - hang)) {
      const bare = line.trim() === '';
      const joined = bare ? `${line}${piece}` : `${line} ${piece}`;
      if (bare || columns(joined) <= width) {
        line = joined;
      } else {
        lines.push(line);
        line = `${' '.repeat(hang)}${piece}`;
      }
    }
  }
  return [...lines, line].join('\n');
}

function hardSplit(word: string, most: number): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const sign of word) {
    if (columns(piece + sign) > most) {
      pieces.push(piece);
      piece = '';
    }
    piece += sign;
  }
  return [...pieces, piece];
}
