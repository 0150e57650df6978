// What the pages show works: each plan in them is one that the linter takes, and each table of settings has the keys and
// defaults of its kind, no more and no fewer.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { z } from 'zod';
import { checkKinds } from '../../src/checks/registry.ts';
import { renderFindings } from '../../src/plan/findings.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { registeredKinds } from '../../src/plan/registered-kinds.ts';

type Snippet = { readonly place: string; readonly text: string; readonly keys: readonly string[] };

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const snippets = pages.flatMap(snippetsOf);

/** Top keys of what is no plan: a workflow or a part of its job, an action, Kubernetes, Prometheus, Alertmanager. */
const foreign = new Set(['jobs', 'runs', 'apiVersion', 'groups', 'receivers', 'plan-secrets']);
const plans = snippets.filter(({ keys }) => !keys.some((key) => foreign.has(key)));

/** What a page leaves out of a plan because it is about something else. The word that makes it necessary stands first. */
const leftOut: readonly (readonly [RegExp, string, string])[] = [
  [/^/, 'version', 'version: 1'],
  [/^/, 'service', 'service: shop'],
  [
    /^/,
    'components',
    `components:
  api: { uses: workload, with: { name: deployment/api } }
  orders: { uses: workload, with: { name: deployment/orders } }
  config: { uses: config-tag, with: { paths: [config], tags: 'v*', configmap: config } }`,
  ],
  [/^/, 'verify', 'verify: [{ uses: http, with: { url: https://shop.example } }]'],
  [/\bP\d\b/, 'severities', 'severities: { P0: {}, P1: {}, P2: {} }'],
  [/scenario: full/, 'scenarios', 'scenarios: { full: { phases: all } }'],
  [/target: staging/, 'targets', 'targets: { production: {}, staging: {} }'],
  [/inputs\.tenant/, 'inputs', 'inputs: { tenant: { type: string } }'],
];
/** A component that this test brings along, and no phase of the page takes back. */
const ofThisTest = new Set(['unused-component']);

test('there are pages with plans in them', () => {
  expect(plans.length).toBeGreaterThan(30);
});

describe('a plan that a page shows has no findings, once what it leaves out is there', () => {
  test.each(plans.map((snippet) => [snippet.place, snippet] as const))('%s', (place, snippet) => {
    const text = wholePlan(snippet);
    const findings = parsePlan(text, place, registeredKinds).findings.filter(
      ({ rule }) => snippet.keys.includes('components') || !ofThisTest.has(rule),
    );
    expect(renderFindings(findings, text)).toBe(renderFindings([], text));
  });
});

const shape = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })),
});

describe.each([...checkKinds.values()].map((kind) => [kind.name, kind] as const))(
  'the page of check %s',
  (name, kind) => {
    const schema = z.toJSONSchema(kind.schema, { target: 'draft-7', io: 'input' });
    const { properties } = shape.parse(schema);
    const all = new Set(keysIn(schema));
    const section = checkSection(readFileSync(`docs/kinds/${name}.md`, 'utf8'), name);
    const rows = settingRows(section);

    test('names every setting', () => {
      const silent = Object.keys(properties).filter((key) => !new RegExp(`\\b${key}\\b`).test(section));
      expect(silent).toEqual([]);
    });

    test('has no setting that the kind lacks', () => {
      const unknown = rows.flatMap(({ keys }) => keys.filter((key) => !all.has(key.split('.').at(-1) ?? '')));
      expect(unknown).toEqual([]);
    });

    test('has the defaults of the kind', () => {
      const wrong = rows.flatMap(({ keys, told }) =>
        keys.flatMap((key) => {
          const known = properties[key]?.default;
          if (known === undefined || typeof known === 'object' || told === undefined) return [];
          return told.replaceAll(/[`"]/g, '') === String(known)
            ? []
            : [`${key}: ${told}, not ${String(known)}`];
        }),
      );
      expect(wrong).toEqual([]);
    });
  },
);

function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^( *)```ya?ml\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: body = '' }) => {
      const lines = body
        .split('\n')
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
      const keys = loadAll(lines.join('\n')).flatMap((document) => topKeys(document));
      return { place: `${page}:${text.slice(0, index).split('\n').length}`, text: lines.join('\n'), keys };
    },
  );
}

/** Also those below `secrets` of a job, which is a list in a plan. */
function topKeys(document: unknown): readonly string[] {
  const map = z.record(z.string(), z.unknown()).parse(document);
  const secrets = z.record(z.string(), z.unknown()).safeParse(map['secrets']);
  return [...Object.keys(map), ...(secrets.success ? Object.keys(secrets.data) : [])];
}

function wholePlan({ text, keys }: Snippet): string {
  const [only] = keys;
  const indented = (by: string): string => text.replaceAll(/^(?=.)/gm, by);
  const [body, have] =
    only === 'steps'
      ? [`phases:\n  - name: it\n${indented('    ')}`, ['phases']]
      : only === 'check'
        ? [`triggers:\n  it:\n${indented('    ')}`, ['triggers']]
        : [text, keys];
  const whole = only === 'drill' || keys.includes('drill') ? withBreak(body) : body;
  const missing = leftOut.flatMap(([when, key, lines]) =>
    have.includes(key) || !when.test(whole) ? [] : [lines],
  );
  return [whole.trimEnd(), ...missing, ''].join('\n');
}

function withBreak(text: string): string {
  return /^ {2}break:/m.test(text)
    ? text
    : text.replace(/^drill:\n/m, 'drill:\n  break: [{ uses: wait, with: { for: 1s } }]\n');
}

function checkSection(page: string, name: string): string {
  const parts = page.split(/^(?=##? (?:Check|Component|Step) kind `)/m);
  return parts.find((part) => /^##? Check/.test(part) && part.includes(`kind \`${name}\``)) ?? page;
}

/** Rows of tables whose first column is a key. `told`: the column of defaults, where the table has one and it is not empty. */
function settingRows(section: string): readonly { keys: readonly string[]; told: string | undefined }[] {
  const tables = section.matchAll(/^\| key \|( default \|)? .*\n\|[-| ]+\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(({ 1: withDefaults, 2: lines = '' }) =>
    lines
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, first = '', second = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
        const keys = [...first.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key);
        // `latency-p50`, `-p95`: further ones of the same beginning.
        const whole = keys.map((key) =>
          key.startsWith('-') ? `${keys[0]?.replace(/-[^-]*$/, '')}${key}` : key,
        );
        return { keys: whole, told: withDefaults === undefined || second === '' ? undefined : second };
      }),
  );
}

/** Names of all keys, however deep. */
function keysIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysIn);
  const map = z.record(z.string(), z.unknown()).safeParse(schema);
  if (!map.success) return [];
  const properties = z.record(z.string(), z.unknown()).safeParse(map.data['properties']);
  return [
    ...(properties.success ? Object.keys(properties.data) : []),
    ...Object.values(map.data).flatMap(keysIn),
  ];
}
