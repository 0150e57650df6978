// The plan's inputs: what a person gives when pressing, checked against what the plan declares.

import { RollbackPlanError } from '../errors.ts';
import type { Json, JsonObject } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { InputSpec, InputValues, Plan } from './plan.ts';

/** RFC 3339, or a date alone, which means midnight UTC. */
const timestamp = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Why a value does not fit an input's type, or `undefined` if it does. */
export function whyNotInput(type: string, options: readonly string[], value: Json): string | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? undefined : `${JSON.stringify(value)} is not a text; quote it`;
    case 'number':
      return typeof value === 'number' ? undefined : `${JSON.stringify(value)} is not a number`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${JSON.stringify(value)} is neither true nor false`;
    case 'timestamp':
      return typeof value === 'string' && timestamp.test(value) && !Number.isNaN(Date.parse(value))
        ? undefined
        : `${JSON.stringify(value)} is not a timestamp such as "2026-11-21T09:30:00Z"`;
    case 'choice':
      return typeof value === 'string' && options.includes(value)
        ? undefined
        : `${JSON.stringify(value)} is none of ${options.join(', ')}`;
    default:
      return undefined;
  }
}

/**
 * Every declared input with its value: given, default, or `null`. Texts from a form or a command line become numbers
 * and truth values where the plan asks for those. Throws `plan-input-invalid`.
 */
export function inputsFor(plan: Plan, given: JsonObject): InputValues {
  const names = [...plan.inputs.keys()];
  const unknown = Object.keys(given).find((name) => !plan.inputs.has(name));
  if (unknown !== undefined) {
    throw new RollbackPlanError('plan-input-invalid', `the plan has no input \`${unknown}\``, {
      hint: suggestion(unknown, names) ?? 'The plan declares no inputs; leave the input `inputs` empty.',
      where: plan.locate(['inputs']),
      facts: { candidates: names },
    });
  }
  return Object.fromEntries(
    Array.from(plan.inputs.values(), (spec) => [spec.name, settledValue(spec, given)]),
  );
}

function settledValue(spec: InputSpec, given: JsonObject): Json {
  const { name, type, options, where } = spec;
  const raw = Object.hasOwn(given, name) ? given[name] : undefined;
  if (raw === undefined || raw === null || (raw === '' && type !== 'string')) {
    if (spec.default !== undefined) return spec.default;
    if (!spec.required) return null;
    throw new RollbackPlanError('plan-input-invalid', `the plan asks for the input \`${name}\``, {
      hint: `Give it in the input \`inputs\`: \`${name}: …\`${spec.description === undefined ? '' : ` (${spec.description})`}.`,
      where,
    });
  }
  const value = converted(type, raw);
  const reason = whyNotInput(type, options, value);
  if (reason === undefined) return value;
  throw new RollbackPlanError('plan-input-invalid', `the input \`${name}\` does not fit: ${reason}`, {
    hint: `Give \`${name}\` a value of type ${type}.`,
    where,
  });
}

function converted(type: InputSpec['type'], raw: Json): Json {
  if (typeof raw === 'number' && (type === 'string' || type === 'choice')) return String(raw);
  if (typeof raw !== 'string') return raw;
  const text = raw.trim();
  if (type === 'number' && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return type === 'string' ? raw : text;
}
