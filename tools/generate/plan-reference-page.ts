// The plan reference as a page: every key with its type, default and description, taken from the JSON Schema,
// so that what the page says is what the linter checks. Pure; `plan-reference.ts` writes it.

import { markdownTable } from 'markdown-table';
import type { KindShape, PlanKinds } from '../../src/plan/kinds.ts';
import { limits } from '../../src/plan/limits.ts';
import { rules } from '../../src/plan/rules.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/values/json.ts';
import { planJsonSchema } from './plan-schema.ts';

const command = 'npx tsc -p . && node lib/tools/generate/plan-reference.js';

export function planReferencePage(kinds: PlanKinds): string {
  const schema = planJsonSchema(kinds);
  const sections = [
    `<!-- Generated from src/plan/schema.ts and the kinds by \`${command}\`. Do not edit. -->`,
    '# Plan reference',
    introduction,
    ...mapSections(schema, '', 2),
    '## Kinds',
    'What `uses` can name, and the keys of `with` each kind takes. Every value may hold expressions.',
    ...kindSections(
      'Component kinds',
      kinds.components,
      objectAt(schema, 'properties', 'components', 'additionalProperties'),
    ),
    ...kindSections(
      'Step kinds',
      kinds.steps,
      objectAt(schema, 'properties', 'phases', 'items', 'properties', 'steps', 'items'),
    ),
    ...kindSections('Check kinds', kinds.checks, objectAt(schema, 'properties', 'verify', 'items')),
    expressions,
    expectations,
    '## Limits',
    table(['What', 'At most'], limitRows()),
    '## Rules of the linter',
    table(
      ['Rule', 'Holds when'],
      Object.entries(rules).map(([rule, text]) => [`\`${rule}\``, text]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

const introduction = [
  'A plan is one YAML file, `.github/rollback.yml` by default. The smallest one:',
  '',
  '```yaml',
  'version: 1',
  'service: shop',
  'components:',
  '  api: { uses: helm-release, with: { release: shop-api } }',
  'verify:',
  '  - { uses: http, with: { url: https://shop.example/health, expect: { status: 200 } } }',
  '```',
  '',
  'Keys that are not listed here are an error. Durations are written `500ms`, `20s`, `1m30s`, `5m`, `1h`.',
].join('\n');

const expressions = [
  '## Expressions',
  '',
  '`${{ }}` works as in a workflow, with the same functions (`contains`, `startsWith`, `endsWith`, `format`, `join`,',
  '`toJSON`, `fromJSON`, `case`). It is computed in `if`, `with` and `env`. A value that is nothing but one expression keeps its',
  "type. Inside a longer text an expression must have a value: `${{ inputs.note || 'none' }}`.",
  '',
  table(
    ['Name', 'Value', 'Known'],
    [
      ['`service`', 'the name of the service', 'always'],
      ['`inputs.<name>`', 'the input, its default, or nothing', 'always'],
      ['`vars.<name>`', "the target's variable", 'always'],
      ['`target.name`, `.environment`, `.context`, `.namespace`', 'the target', 'always'],
      ['`incident.id`, `.reason`, `.severity`, `.scenario`, `.actor`', 'the incident', 'always'],
      [
        '`components.<name>.from`, `.to`, `.live`',
        'each with `.version`, `.label`, `.digest`',
        'in steps and checks',
      ],
      ['`steps.<id>.outputs.<name>`, `.outcome`', 'what an earlier step left', 'in later steps and checks'],
    ],
  ),
  '',
  'In `if`, `${{ }}` may be left out, and `success()`, `failure()`, `cancelled()` and `always()` tell how things went. A condition',
  'that asks none of them also means `success()`. There is no `secrets`: list them under `secrets:` and read them from the',
  'environment. An expression inside `run` is refused: pass the value through `env`.',
  '',
  'Triggers see no `steps`, because none has run while they are looked at. Steps of a drill see earlier steps of the drill:',
  '`restore` sees those of `break`. No other part of the plan sees them.',
].join('\n');

const expectations = [
  '## Expectations',
  '',
  'One grammar for `expect`, wherever health is stated:',
  '',
  table(
    ['Written', 'Means'],
    [
      ['`200`, `ok`, `true`', 'equal; a number and a text that writes it are equal'],
      [
        '`"<= 0.05"`, `">= 3"`, `"< 500ms"`, `"> 0"`',
        'compared as numbers; a duration counts in milliseconds',
      ],
      ['`"!= red"`, `"== green"`', 'different, equal'],
      ['`"~ ^ok"`, `"!~ error"`', 'the regular expression is found, is not found'],
      ['`[200, 204]`', 'one of'],
      ['`{ status: 200, json: { ready: true } }`', 'every key, looking inside; other keys do not matter'],
    ],
  ),
].join('\n');

/** A table for a map, then sections for the maps inside it. A table that was there before is only referred to. */
function mapSections(
  schema: JsonObject,
  place: string,
  level: number,
  told: Map<string, string> = new Map(),
): readonly string[] {
  const properties = objectAt(schema, 'properties');
  const rows = rowsOf(schema);
  const heading = `${'#'.repeat(Math.min(level, 5))} ${place === '' ? 'Top level' : `\`${place}\``}`;
  const keys = table(['Key', 'Type', 'Default', 'Description'], rows);
  const same = told.get(keys);
  told.set(keys, same ?? place);
  const below = Object.entries(properties).flatMap(([key, child]) => {
    if (!isJsonObject(child)) return [];
    const here = place === '' ? key : `${place}.${key}`;
    if (isJsonObject(child['properties'])) return mapSections(child, here, level + 1, told);
    const entry = objectAt(child, 'additionalProperties');
    if (isJsonObject(entry['properties'])) return mapSections(entry, `${here}.<name>`, level + 1, told);
    const item = objectAt(child, 'items');
    return isJsonObject(item['properties']) ? mapSections(item, `${here}[]`, level + 1, told) : [];
  });
  return [heading, same === undefined ? keys : `The same keys as \`${same}\`.`, ...below];
}

function kindSections(
  heading: string,
  kinds: ReadonlyMap<string, KindShape>,
  part: JsonObject,
): readonly string[] {
  const conditions = Array.isArray(part['allOf']) ? part['allOf'] : [];
  return [
    `### ${heading}`,
    ...Array.from(kinds.values(), (kind, index) => {
      const condition: unknown = conditions[index];
      const settings = isJson(condition) ? objectAt(condition, 'then', 'properties', 'with') : {};
      const rows = rowsOf(settings);
      const keys =
        rows.length === 0 ? 'Takes no settings.' : table(['Key', 'Type', 'Default', 'Description'], rows);
      return `#### \`${kind.name}\`\n\n${sentence(kind.summary)}\n\n${keys}`;
    }),
  ];
}

function rowsOf(schema: JsonObject): readonly (readonly string[])[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(objectAt(schema, 'properties')).map(([key, child]) => {
    const property = isJsonObject(child) ? child : {};
    const fallback = property['default'];
    const missing = required.includes(key) ? 'required' : '';
    return [
      `\`${key}\``,
      typeOf(property),
      fallback === undefined ? missing : `\`${JSON.stringify(fallback)}\``,
      text(property['description']),
    ];
  });
}

function typeOf(schema: JsonObject): string {
  const reference = schema['$ref'];
  if (typeof reference === 'string') return reference.split('/').at(-1)?.toLowerCase() ?? '';
  if (schema['const'] !== undefined) return `\`${String(schema['const'])}\``;
  const choices = schema['enum'];
  if (Array.isArray(choices)) return choices.map((choice) => `\`${String(choice)}\``).join(', ');
  const options = schema['anyOf'];
  if (Array.isArray(options)) {
    const types = options
      .filter(isJson)
      .filter((option) => option['$ref'] !== '#/definitions/Computed')
      .map(typeOf);
    return [...new Set(types)].join(' or ');
  }
  if (typeof schema['pattern'] === 'string' && schema['pattern'].includes('ms)')) return 'duration';
  if (schema['type'] === 'array') return `list of ${typeOf(objectAt(schema, 'items')) || 'values'}`;
  if (schema['type'] === 'object') return 'map';
  if (Array.isArray(schema['oneOf'])) return 'name of a kind';
  if (Array.isArray(schema['type'])) return schema['type'].map(String).join(' or ');
  return typeof schema['type'] === 'string' ? schema['type'] : '';
}

function limitRows(): readonly (readonly string[])[] {
  return [
    ['size of the file', `${limits.bytes / 1024} KiB`],
    ['depth of nesting', String(limits.depth)],
    ['aliases', String(limits.aliases)],
    ['components', String(limits.components)],
    ['phases', String(limits.phases)],
    ['steps', String(limits.steps)],
    ['targets', String(limits.targets)],
    ['checks', String(limits.checks)],
    ['triggers', String(limits.triggers)],
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable(
    [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' '))),
  );
}

function sentence(summary: string): string {
  const start = summary.charAt(0).toUpperCase() + summary.slice(1);
  return start.endsWith('.') ? start : `${start}.`;
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isJson(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectAt(schema: JsonObject, ...path: readonly string[]): JsonObject {
  let here = schema;
  for (const key of path) {
    const next = here[key];
    here = isJsonObject(next) ? next : {};
  }
  return here;
}
