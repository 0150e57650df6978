// From text to a tree with positions. Hostile YAML ends here: limits hold while parsing, and everything YAML can do
// that a plan has no use for (tags, merge keys, several documents, keys that reach prototypes) is a finding.

import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import { PlanDocument, type PlanNode } from './document.ts';
import { findDeceptive, tooLarge, withoutMark } from './encoding.ts';
import type { Finding } from './findings.ts';
import { limits } from './limits.ts';
import { type Positions, positionsIn } from './positions.ts';
import { TreeBuilder } from './tree-builder.ts';

export type Source = { readonly document: PlanDocument | undefined; readonly findings: readonly Finding[] };

/** Never throws. Without a document there is at least one finding that says why. */
export function parseSource(given: string, file: string): Source {
  const bytes = Buffer.byteLength(given);
  if (bytes > limits.bytes) return { document: undefined, findings: [tooLarge(bytes, file)] };
  const text = withoutMark(given);
  const deceptive = findDeceptive(text, file);
  if (deceptive.length > 0) return { document: undefined, findings: deceptive };
  const positions = positionsIn(text, file);
  const events = eventsOf(text, positions);
  if ('finding' in events) return { document: undefined, findings: [events.finding] };
  const stray = moreThanOneDocument(events.events, positions);
  if (stray !== undefined) return { document: undefined, findings: [stray] };
  const { root, findings } = buildTree(events.events, text, positions);
  if (root === undefined) return { document: undefined, findings };
  return { document: new PlanDocument(text, root, positions), findings };
}

function eventsOf(
  text: string,
  positions: Positions,
): { readonly events: readonly Event[] } | { readonly finding: Finding } {
  try {
    return { events: parseEvents(text, { maxDepth: limits.depth }) };
  } catch (thrown) {
    return { finding: syntaxFinding(thrown, positions) };
  }
}

/** What the parser says, with what usually helps. */
const syntaxHints: readonly (readonly [RegExp, string])[] = [
  [/tab characters/, 'indent with spaces'],
  [
    /deficient indentation|unexpected end/,
    'a `[`, a `{` or a quote further up is not closed, or a line is indented too little',
  ],
  [/bad indentation/, 'line up the keys of a map; quote a value that holds `: ` or ` #`'],
  [/expected ':'|implicit key/, 'a key ends with `: `; quote a text that holds one'],
  [/flow collection/, 'close every `[` and `{`, and put commas between entries'],
  [
    /end of the stream or a document separator/,
    'the rest does not belong to the value before it; check indentation and quotes',
  ],
  [/alias node|anchor/, 'quote a text that begins with `*` or `&`'],
  [/escape sequence|hexadecimal/, 'single quotes take a backslash as it is; double quotes want two'],
  [/tag|directive/, 'a plan needs no tags and no directives; quote a text that begins with `!` or `%`'],
];

function syntaxFinding(thrown: unknown, positions: Positions): Finding {
  const reason = thrown instanceof YAMLException ? thrown.reason : String(thrown);
  const offset = thrown instanceof YAMLException ? (thrown.mark?.position ?? 0) : 0;
  const where = positions.at(offset);
  if (reason.includes('maxDepth')) {
    return {
      rule: 'limit',
      severity: 'error',
      message: `values are nested more than ${limits.depth} deep`,
      hint: 'a plan needs less than ten levels',
      where,
      length: 1,
    };
  }
  const hint = syntaxHints.find(([pattern]) => pattern.test(reason))?.[1];
  return {
    rule: 'syntax',
    severity: 'error',
    message: `the YAML does not parse: ${reason}`,
    ...(hint === undefined ? {} : { hint }),
    where,
    length: 1,
  };
}

function moreThanOneDocument(events: readonly Event[], positions: Positions): Finding | undefined {
  const documents = events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index] : []));
  const second = documents[1];
  if (second === undefined) return undefined;
  const offset = events
    .slice(second)
    .map(startOf)
    .find((start) => start >= 0);
  return {
    rule: 'syntax',
    severity: 'error',
    message: `the file holds ${documents.length} YAML documents, a plan is one`,
    hint: 'keep one plan per file and delete the other `---`',
    where: positions.at(offset ?? Number.MAX_SAFE_INTEGER),
    length: 1,
  };
}

function startOf(event: Event): number {
  switch (event.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.SCALAR:
      return event.valueStart;
    case EVENT_ID.ALIAS:
      return event.anchorStart;
    default:
      return -1;
  }
}

function buildTree(
  events: readonly Event[],
  text: string,
  positions: Positions,
): { readonly root: PlanNode | undefined; readonly findings: readonly Finding[] } {
  const builder = new TreeBuilder(positions);
  for (const event of events) {
    if (builder.stopped) break;
    step(builder, event, text);
  }
  return builder.result();
}

function step(builder: TreeBuilder, event: Event, text: string): void {
  switch (event.type) {
    case EVENT_ID.DOCUMENT:
      return;
    case EVENT_ID.POP:
      builder.close();
      return;
    case EVENT_ID.ALIAS:
      builder.alias(text.slice(event.anchorStart, event.anchorEnd), event.anchorStart - 1);
      return;
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      builder.open({
        kind: event.type === EVENT_ID.MAPPING ? 'map' : 'list',
        start: event.start,
        ...propertiesOf(event, text),
      });
      return;
    case EVENT_ID.SCALAR:
      builder.scalar({
        text: getScalarValue(text, event),
        plain: event.style === SCALAR_STYLE.PLAIN,
        start: event.valueStart,
        end: contentEnd(event, text),
        ...propertiesOf(event, text),
      });
      return;
  }
}

/** Block scalars end after their last line break. */
function contentEnd(event: ScalarEvent, text: string): number {
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  return isBlock
    ? event.valueStart + text.slice(event.valueStart, event.valueEnd).trimEnd().length
    : event.valueEnd;
}

function propertiesOf(
  event: Exclude<Event, { readonly type: 1 | 5 | 6 }>,
  text: string,
): { readonly anchor?: string; readonly tag?: { readonly text: string; readonly start: number } } {
  const anchor = event.anchorStart < 0 ? {} : { anchor: text.slice(event.anchorStart, event.anchorEnd) };
  if (event.tagStart < 0) return anchor;
  return { ...anchor, tag: { text: text.slice(event.tagStart, event.tagEnd), start: event.tagStart } };
}
