// From character offsets to lines and columns, both counted from 1 as editors do, columns in UTF-16 units.

import type { Location } from '../errors.ts';

export type Positions = {
  readonly file: string;
  at(offset: number): Location;
};

/** Line breaks are those of YAML: `\n`, `\r\n` and `\r`. */
export function positionsIn(text: string, file: string): Positions {
  const starts = [0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) starts.push(index + 1);
  }
  return {
    file,
    at(offset) {
      const within = Math.min(Math.max(0, offset), text.length);
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((starts[middle] ?? 0) <= within) low = middle;
        else high = middle - 1;
      }
      return { file, line: low + 1, column: within - (starts[low] ?? 0) + 1 };
    },
  };
}
