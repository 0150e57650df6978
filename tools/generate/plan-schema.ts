// The JSON Schema of a plan, for editors: the plan's own zod schema with each kind's settings put behind its name.
// Pure and deterministic; `schema.ts` writes it.

import { z } from 'zod';
import type { KindShape, PlanKinds } from '../../src/plan/kinds.ts';
import { planSchema } from '../../src/plan/schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/values/json.ts';

/** Draft-7, as editors read it. Wherever a value may be computed, `${{ }}` is allowed beside what the kind asks for. */
export function planJsonSchema(kinds: PlanKinds): JsonObject {
  const { properties, definitions } = converted(kinds);
  const settings = (group: string, name: string): JsonObject =>
    withExpressions(objectAt(objectAt(objectAt(properties, group), 'properties'), name));
  const plan = objectAt(properties, 'plan');
  const sections = objectAt(plan, 'properties');
  const components = objectAt(sections, 'components');
  const phases = objectAt(sections, 'phases');
  const phase = objectAt(phases, 'items');
  const steps = objectAt(objectAt(phase, 'properties'), 'steps');
  const verify = objectAt(sections, 'verify');
  const triggers = objectAt(sections, 'triggers');
  const drill = objectAt(sections, 'drill');
  const pointOfNoReturn = objectAt(sections, 'point-of-no-return');
  const behind = (part: JsonObject, group: string, known: ReadonlyMap<string, KindShape>): JsonObject =>
    behindName(part, [...known.values()], (name) => settings(group, name));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rollback plan',
    ...plan,
    properties: {
      ...sections,
      components: {
        ...components,
        additionalProperties: behind(
          objectAt(components, 'additionalProperties'),
          'components',
          kinds.components,
        ),
      },
      phases: {
        ...phases,
        items: {
          ...phase,
          properties: {
            ...objectAt(phase, 'properties'),
            steps: {
              ...steps,
              items: oneVerb(behind(objectAt(steps, 'items'), 'steps', kinds.steps), [
                'rollback',
                'uses',
                'run',
              ]),
            },
          },
        },
      },
      verify: { ...verify, items: behind(objectAt(verify, 'items'), 'checks', kinds.checks) },
      'point-of-no-return': inProperties(pointOfNoReturn, ['check'], (check) =>
        behind(check, 'checks', kinds.checks),
      ),
      triggers: {
        ...triggers,
        additionalProperties: inProperties(objectAt(triggers, 'additionalProperties'), ['check'], (check) =>
          behind(check, 'checks', kinds.checks),
        ),
      },
      drill: inProperties(drill, ['break', 'restore'], (list) => ({
        ...list,
        items: oneVerb(behind(withoutRollback(objectAt(list, 'items')), 'steps', kinds.steps), [
          'uses',
          'run',
        ]),
      })),
    },
    definitions: {
      ...definitions,
      Computed: {
        description: 'A value computed when the plan runs.',
        type: 'string',
        pattern: '\\$\\{\\{',
      },
    },
  };
}

/** One conversion for everything, so that shared definitions are shared and references hold. */
function converted(kinds: PlanKinds): { readonly properties: JsonObject; readonly definitions: JsonObject } {
  const group = (known: ReadonlyMap<string, KindShape>): z.ZodType =>
    z.object(Object.fromEntries(Array.from(known.values(), ({ name, schema }) => [name, schema])));
  const all = z.object({
    plan: planSchema,
    components: group(kinds.components),
    steps: group(kinds.steps),
    checks: group(kinds.checks),
  });
  const result = z.toJSONSchema(all, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  const json = z.json().parse(JSON.parse(JSON.stringify(result)));
  const top = isJsonObject(json) ? json : {};
  return { properties: objectAt(top, 'properties'), definitions: objectAt(top, 'definitions') };
}

/** `uses` names one of the kinds, and `with` is then what that kind takes. */
function behindName(
  part: JsonObject,
  kinds: readonly KindShape[],
  settingsOf: (name: string) => JsonObject,
): JsonObject {
  if (kinds.length === 0) return part;
  const properties = objectAt(part, 'properties');
  const conditions = kinds.map((kind) => {
    const settings = settingsOf(kind.name);
    const required = Array.isArray(settings['required']) && settings['required'].length > 0;
    return {
      if: { properties: { uses: { const: kind.name } }, required: ['uses'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { with: settings }, ...(required ? { required: ['with'] } : {}) },
    };
  });
  return {
    ...part,
    properties: {
      ...properties,
      uses: {
        ...objectAt(properties, 'uses'),
        oneOf: kinds.map(({ name, summary }) => ({ const: name, description: summary })),
      },
    },
    allOf: conditions,
  };
}

function oneVerb(step: JsonObject, verbs: readonly string[]): JsonObject {
  return { ...step, oneOf: verbs.map((verb) => ({ required: [verb] })) };
}

/** The drill takes components back itself; the linter says so in words. */
function withoutRollback(step: JsonObject): JsonObject {
  const { rollback: _, ...properties } = objectAt(step, 'properties');
  return { ...step, properties };
}

/** Some properties of a map made anew, in their places. */
function inProperties(
  map: JsonObject,
  names: readonly string[],
  turn: (property: JsonObject) => JsonObject,
): JsonObject {
  const properties = objectAt(map, 'properties');
  const turned = names.map((name) => [name, turn(objectAt(properties, name))]);
  return { ...map, properties: { ...properties, ...Object.fromEntries(turned) } };
}

/** Every value inside the settings may also be computed; only a text without conditions already allows it. */
function withExpressions(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]): readonly [string, Json] => {
      if (key === 'properties' && isJsonObject(value)) {
        return [
          key,
          Object.fromEntries(Object.entries(value).map(([name, child]) => [name, orComputed(child)])),
        ];
      }
      if (key === 'items' || key === 'additionalProperties') return [key, orComputed(value)];
      if ((key === 'anyOf' || key === 'oneOf' || key === 'allOf') && Array.isArray(value)) {
        const branches: readonly Json[] = value;
        return [key, branches.map((branch) => (isJsonObject(branch) ? withExpressions(branch) : branch))];
      }
      return [key, value];
    }),
  );
}

function orComputed(schema: Json): Json {
  if (!isJsonObject(schema)) return schema;
  const { description, default: fallback, ...rest } = schema;
  const isPlainText = rest['type'] === 'string' && Object.keys(rest).length === 1;
  if (isPlainText || '$ref' in rest) return schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [withExpressions(rest), { $ref: '#/definitions/Computed' }],
  };
}

function objectAt(schema: JsonObject, key: string): JsonObject {
  const value = schema[key];
  return isJsonObject(value) ? value : {};
}
