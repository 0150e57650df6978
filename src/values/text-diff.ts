// Line differences between two texts, in the unified form that everybody reads. Small on purpose: previews compare
// configuration files, and what is too large to compare line by line is summarised instead.

type Line = { readonly sign: ' ' | '-' | '+'; readonly text: string };

const contextLines = 3;
/** Edits the search may need before the texts count as "rewritten": bounds time and memory at some hundred thousand steps. */
const maxEdits = 400;

/** Unified diff with `--- before` and `+++ after` headers; empty for equal texts. `undefined` stands for "is not there". */
export function unifiedDiff(request: {
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly beforeName: string;
  readonly afterName: string;
}): string {
  const { before, after } = request;
  if (before === after) return '';
  const old = linesOf(before);
  const fresh = linesOf(after);
  const lines = compare(old, fresh) ?? [
    ...old.map((text): Line => ({ sign: '-', text })),
    ...fresh.map((text): Line => ({ sign: '+', text })),
  ];
  const head = [
    `--- ${before === undefined ? '/dev/null' : request.beforeName}`,
    `+++ ${after === undefined ? '/dev/null' : request.afterName}`,
  ];
  return `${[...head, ...hunks(lines)].join('\n')}\n`;
}

/** A last line without its newline gets git's remark, because for a configuration file that is a difference. */
function linesOf(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

/** Myers' greedy algorithm; `undefined` when the texts have too little in common. */
function compare(old: readonly string[], fresh: readonly string[]): readonly Line[] | undefined {
  const trace: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(old.length + fresh.length, maxEdits); edits++) {
    trace.push(furthest);
    const next = new Map(furthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const from = origin(furthest, diagonal, edits);
      let x = (furthest.get(from) ?? 0) + (from < diagonal ? 1 : 0);
      while (x < old.length && x - diagonal < fresh.length && old[x] === fresh[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= old.length && x - diagonal >= fresh.length) return walkBack(old, fresh, trace);
    }
    furthest = next;
  }
  return undefined;
}

/** Which neighbouring diagonal the path came from: an insertion comes from above, a removal from below. */
function origin(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const insertion =
    diagonal === -edits ||
    (diagonal !== edits && (furthest.get(diagonal - 1) ?? 0) < (furthest.get(diagonal + 1) ?? 0));
  return insertion ? diagonal + 1 : diagonal - 1;
}

function walkBack(
  old: readonly string[],
  fresh: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly Line[] {
  const lines: Line[] = [];
  let x = old.length;
  let y = fresh.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] ?? new Map<number, number>();
    const from = origin(furthest, x - y, edits);
    const startX = furthest.get(from) ?? 0;
    const startY = startX - from;
    while (x > startX && y > startY) {
      x--;
      y--;
      lines.push({ sign: ' ', text: old[x] ?? '' });
    }
    if (edits === 0) break;
    lines.push(
      x === startX ? { sign: '+', text: fresh[startY] ?? '' } : { sign: '-', text: old[startX] ?? '' },
    );
    x = startX;
    y = startY;
  }
  return lines.reverse();
}

function hunks(lines: readonly Line[]): readonly string[] {
  const result: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  let index = 0;
  while (index < lines.length) {
    const first = lines.findIndex((line, at) => at >= index && line.sign !== ' ');
    if (first < 0) break;
    const from = Math.max(index, first - contextLines);
    oldLine += from - index;
    newLine += from - index;
    let to = first + 1;
    for (let at = to; at < lines.length && at < to + 2 * contextLines; at++) {
      if (lines[at]?.sign !== ' ') to = at + 1;
    }
    const hunk = lines.slice(from, Math.min(lines.length, to + contextLines));
    const olds = hunk.filter((line) => line.sign !== '+').length;
    const news = hunk.filter((line) => line.sign !== '-').length;
    result.push(`@@ -${range(oldLine, olds)} +${range(newLine, news)} @@`);
    result.push(...hunk.map((line) => `${line.sign}${line.text}`));
    oldLine += olds;
    newLine += news;
    index = from + hunk.length;
  }
  return result;
}

function range(start: number, count: number): string {
  return `${count === 0 ? start - 1 : start}${count === 1 ? '' : `,${count}`}`;
}
