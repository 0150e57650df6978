// Imports point one way. The table in docs/architecture.md is the rule; this prints every edge that breaks it.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const table = readTable(readFileSync('docs/architecture.md', 'utf8'));
const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

/** The room of a file: its folder below src, or the file's own name at the top. */
function roomOf(path: string): string {
  const [first = '', ...rest] = path.split('/');
  return rest.length === 0 ? first.replace(/\.ts$/, '') : first;
}

function readTable(markdown: string): ReadonlyMap<string, readonly string[]> {
  const block = /```imports\n([\s\S]*?)```/.exec(markdown)?.[1] ?? '';
  return new Map(
    block
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [room = '', allowed = ''] = line.split(':');
        return [room.trim(), allowed.split(/[\s,]+/).filter((word) => word !== '')] as const;
      }),
  );
}

describe('imports', () => {
  test('every room stands in the table of docs/architecture.md, and the table has no room that is gone', () => {
    const rooms = [...new Set(files.map(roomOf))].sort();
    expect([...table.keys()].sort()).toEqual(rooms);
  });

  test('no file imports against the direction', () => {
    const wrong = files.flatMap((file) => {
      const source = readFileSync(join('src', file), 'utf8');
      const targets = [...source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
      return targets.flatMap((target) => {
        const room = roomOf(relative('src', resolve('src', dirname(file), target)));
        const own = roomOf(file);
        return room === own || table.get(own)?.includes(room) ? [] : [`src/${file} → ${room}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test('no limit of time is one that the garbage collector may take away', () => {
    const wrong = files.filter((file) => {
      const code = readFileSync(join('src', file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return code.includes('AbortSignal.timeout');
    });
    expect(wrong).toEqual([]);
  });

  test('only adapters and the composition root touch the process, its environment, disk, network and clock', () => {
    const allowed = /^(adapters\/|main\.ts|compose-world\.ts|index\.ts)/;
    const wrong = files.flatMap((file) => {
      if (allowed.test(file)) return [];
      const source = readFileSync(join('src', file), 'utf8');
      const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const found = code.match(
        /\bprocess\.(?:env|cwd|argv|exit)\b|node:(?:fs|child_process|http|https|net|os)\b|\bDate\.now\(|\bperformance\.now\(|new Date\(\)|\bfetch\(/g,
      );
      return found === null ? [] : [`src/${file}: ${[...new Set(found)].join(', ')}`];
    });
    expect(wrong).toEqual([]);
  });
});
