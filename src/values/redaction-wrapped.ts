// Base64 that was wrapped into lines, as `base64` and `openssl` print it. A line is a part of the encoded secret that may
// begin and end anywhere, and output is often seen line by line, so parts are searched for, and not the whole.

/** From `start` up to `end`, in characters of the text. */
export type Hit = { readonly start: number; readonly end: number };

/** A text is looked at in pieces of this length: nine bytes of a secret, which nothing else has. */
const gram = 12;
/** Every so many characters of an encoded secret a piece is remembered; parts from 15 characters on are found for sure. */
const stride = 4;
/** The usual widths of lines. The last line may be shorter than a piece, so it is searched for as it is. */
const widths = [64, 76];

/** Where the text can hold encoded bytes: lines of the alphabet, indented or not. */
const blocks = /[\w+/-]{12,}={0,2}(?:\r?\n[ \t]*[\w+/-]+={0,2})*/g;
const lineBreak = /\r?\n[ \t]*/g;

/** The ends of an encoded value that stand alone on the last line. */
export function lastLines(form: string): readonly string[] {
  return widths.flatMap((width) =>
    form.length <= width ? [] : [form.slice(-(form.length % width || width))],
  );
}

type Known = { readonly form: string; readonly at: number };

/** Finds parts of these encoded forms. Time grows with the text and not with the number of secrets. */
export function createWrappedSearch(forms: Iterable<string>): (text: string) => readonly Hit[] {
  const known = new Map<string, Known>();
  for (const form of forms) {
    for (let at = 0; at + gram <= form.length; at += stride) {
      const piece = form.slice(at, at + gram);
      if (!known.has(piece)) known.set(piece, { form, at });
    }
  }
  if (known.size === 0) return () => [];
  return (text) => [...text.matchAll(blocks)].flatMap((block) => hitsIn(block[0], block.index, known));
}

function hitsIn(block: string, offset: number, known: ReadonlyMap<string, Known>): readonly Hit[] {
  const { joined, places } = join(block);
  const hits: Hit[] = [];
  let before = 0;
  for (let at = 0; at + gram <= joined.length; at += 1) {
    const found = known.get(joined.slice(at, at + gram));
    if (found === undefined) continue;
    let start = at;
    let end = at + gram;
    let from = found.at;
    let to = found.at + gram;
    while (start > before && from > 0 && joined[start - 1] === found.form[from - 1]) {
      start -= 1;
      from -= 1;
    }
    while (end < joined.length && to < found.form.length && joined[end] === found.form[to]) {
      end += 1;
      to += 1;
    }
    if (end > before)
      hits.push({
        start: offset + places(Math.max(start, before)),
        end: offset + places(end - 1) + 1,
      });
    before = Math.max(before, end);
    at = end - gram;
  }
  return hits;
}

/** The lines of a block as one, and where each of its characters stands in the block; asked for in rising order. */
function join(block: string): { readonly joined: string; readonly places: (at: number) => number } {
  const breaks = [...block.matchAll(lineBreak)];
  if (breaks.length === 0) return { joined: block, places: (at) => at };
  let next = 0;
  let removed = 0;
  return {
    joined: block.replaceAll(lineBreak, ''),
    places(at) {
      for (let one = breaks[next]; one !== undefined && one.index <= at + removed; one = breaks[next]) {
        removed += one[0].length;
        next += 1;
      }
      return at + removed;
    },
  };
}
