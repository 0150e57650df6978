// Queries that Prometheus answers and that say something else than their authors think. Read off the text: few words, and
// none where the plan says that it is meant.

import type { JsonObject } from '../../values/json.ts';
import { isJsonObject } from '../../values/json.ts';
import type { Advice } from '../check-kind.ts';
import { comments } from './range.ts';

/** A quoted text, whatever is escaped in it. */
const text = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|${'`[^`]*`'}`;
const texts = new RegExp(text, 'g');
/** `rate(http_requests_total{status=~"5.."}`: function, metric, matchers. */
const counted = new RegExp(
  String.raw`\b(rate|irate|increase)\s*\(\s*([a-zA-Z_:][\w:]*)?\s*(?:\{((?:${text}|[^}"'${'`'}])*)\})?`,
  'g',
);
const matchers = new RegExp(String.raw`([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*(${text})`, 'g');

const outcomeLabel = /(?:^|_)(?:status|code|outcome|result|class)(?:_(?:code|class))?$/i;
const badValue = /^[(^]*(?:[45](?:$|[\d.x[\\])|\[[45]+\]|err|fail|timeout|unavailable)/i;
const goodValue = /^[(^]*(?:[12](?:$|[\d.x[\\])|\[[12]+\]|ok|success)/i;
const badMetric = /(?:^|[_:])(?:errors?|failures?|failed|exceptions?)(?:_|:|$)/i;

/** What to say of the settings as the plan has them, expressions and all. */
export function advise(settings: JsonObject): readonly Advice[] {
  return [...adviseOfCounts(settings), ...adviseOfPercent(settings), ...adviseOfFactor(settings)];
}

/** Errors per second are more on a busy day than on a bad one. */
function adviseOfCounts({ query, expect, unit }: JsonObject): readonly Advice[] {
  if (typeof query !== 'string' || (unit !== undefined && unit !== 'ratio')) return [];
  const plain = withoutComments(query);
  // A quantile of the errors' latency is no count of them.
  if (plain.replaceAll(texts, '""').includes('/') || /\bhistogram_\w+\s*\(/.test(plain)) return [];
  const bound = boundOf(expect);
  // None at all is none per second, too.
  if (bound === 0) return [];
  const found = [...plain.matchAll(counted)].find(([, verb, metric = '', inner = '']) => {
    // Ten errors in five minutes can only be a count.
    if (verb === 'increase' && bound !== undefined && bound >= 1) return false;
    return badMetric.test(metric) || isOfErrors(inner);
  });
  if (found === undefined) return [];
  const [, verb = 'rate', metric = 'requests_total'] = found;
  return [
    {
      rule: 'errors-per-second',
      path: ['query'],
      message: `\`${verb}(…)\` of errors ${verb === 'increase' ? 'counts them' : 'is errors per second'}, not their share: with twice the traffic it doubles`,
      hint: `divide by all: sum(${verb}(${metric}{…errors…}[1m])) / sum(${verb}(${metric}[1m])); or say \`unit: count\` if it is meant`,
    },
  ];
}

/** `<= 5` of a share is met whatever happens, and `>= 99` never: percent that somebody had in mind. */
function adviseOfPercent({ query, expect, unit, slope }: JsonObject): readonly Advice[] {
  if (typeof query !== 'string' || slope !== undefined) return [];
  const bare = withoutComments(query).replaceAll(texts, '""');
  const times100 = /(?:^|[^\w.])100\s*\*|\*\s*100(?![\w.])/.test(bare);
  if (times100) {
    if (unit !== 'ratio') return [];
    return [
      {
        rule: 'share-over-one',
        path: ['query'],
        message:
          'the query gives percent, and `unit: ratio` is a share from 0 to 1: 5 % would be read as 500 %',
        hint: 'leave `100 *` out, and write bounds such as `<= 0.05`; or say `unit: count`',
      },
    ];
  }
  const bound = boundOf(expect);
  if (bound === undefined || bound <= 1 || typeof expect !== 'string') return [];
  if (unit !== 'ratio' && !(unit === undefined && isShare(withoutComments(query), bare))) return [];
  const [operator = ''] = /^[<>]?/.exec(expect.trim()) ?? [];
  if (operator === '') return [];
  return [
    {
      rule: 'share-over-one',
      path: ['expect'],
      message: `a share is a number from 0 to 1, so \`${expect.trim()}\` ${operator === '<' ? 'is met whatever happens' : 'is never met'}`,
      hint: `for ${bound} % write \`${expect.trim().replace(/[\d.]+$/, '')}${Number((bound / 100).toPrecision(6))}\`; if it is no share, say \`unit: count\``,
    },
  ];
}

/** One division, of a part of a metric by all of it: the same, with fewer matchers. */
function isShare(query: string, bare: string): boolean {
  if (bare.split('/').length !== 2 || /[*@]|\boffset\b/.test(bare)) return false;
  const [part, all, ...others] = [...query.matchAll(counted)];
  if (part === undefined || all === undefined || others.length > 0) return false;
  const [verb, metric, inner] = part.slice(1);
  const chosen = matchersIn(inner);
  const rest = matchersIn(all[3]);
  const same = metric !== undefined && verb === all[1] && metric === all[2];
  return same && rest.length < chosen.length && rest.every((matcher) => chosen.includes(matcher));
}

function matchersIn(inner = ''): readonly string[] {
  return [...inner.matchAll(matchers)].map(([, label, operator, quoted]) => `${label}${operator}${quoted}`);
}

function withoutComments(query: string): string {
  return query.replaceAll(comments, (found) => (found.startsWith('#') ? '' : found));
}

function isOfErrors(inner: string): boolean {
  return [...inner.matchAll(matchers)].some(([, label = '', operator = '', quoted = '']) => {
    const value = quoted.slice(1, -1);
    if (!outcomeLabel.test(label)) return false;
    return operator.startsWith('!') ? goodValue.test(value) : badValue.test(value);
  });
}

function boundOf(expect: JsonObject[string] | undefined): number | undefined {
  if (typeof expect === 'number') return expect;
  if (typeof expect !== 'string') return undefined;
  const number = Number(expect.replace(/^(?:<=?|>=?|==)\s*/, ''));
  return expect.trim() === '' || Number.isNaN(number) ? undefined : number;
}

/** A share is nothing on a good day, and any share of nothing is nothing. */
function adviseOfFactor(settings: JsonObject): readonly Advice[] {
  if (settings['unit'] !== 'ratio') return [];
  return (['compare', 'stable'] as const).flatMap((key) => {
    const bounds = settings[key];
    if (!isJsonObject(bounds) || bounds['factor'] === undefined || bounds['floor'] !== undefined) return [];
    return [
      {
        rule: 'no-floor' as const,
        path: [key, 'factor'],
        message: 'a share may be almost nothing before, and a few times that is still harmless',
        hint: 'add `floor:` with the share up to which it is never worse, such as `floor: 0.01`',
      },
    ];
  });
}
