// From settings as written to settings a kind can work with: expressions computed, then the kind's schema once more,
// because only now it is known what the expressions made of the values.

import type { z } from 'zod';
import { RollbackPlanError } from '../errors.ts';
import { evaluateTree, type Scope } from '../values/expression-evaluation.ts';
import { isJsonObject, type Json } from '../values/json.ts';
import { describeIssue } from './issues.ts';
import { holdsExpression, textualEnvironment } from './lint-kinds.ts';
import type { Part, Path } from './plan.ts';

/**
 * Throws `expression-failed` if an expression can't be computed or makes a value that the kind refuses,
 * `plan-invalid` if a value refuses that holds no expression. The error points into the plan.
 */
export function settle<With>(
  part: Part,
  scope: Scope,
  kind: { readonly name: string; readonly schema: z.ZodType<With> },
): With {
  const values = withTextualEnvironment(evaluateTree(part.with, scope, part.locate));
  const result = kind.schema.safeParse(values);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const path: Path = (first?.path ?? []).map((step) => (typeof step === 'number' ? step : String(step)));
  const reason = first === undefined ? 'the settings do not fit' : describeIssue(first, values);
  const place = path.length === 0 ? 'the settings' : `\`${path.join('.')}\``;
  const computed = holdsExpression(part.with);
  throw new RollbackPlanError(
    computed ? 'expression-failed' : 'plan-invalid',
    `${place} of \`${kind.name}\` ${path.length === 0 ? 'do' : 'does'} not fit: ${reason}`,
    {
      hint: computed
        ? 'Correct the expression, or the input or variable that it takes its value from.'
        : 'Correct the value in the plan.',
      where: part.locate(path),
      facts: { kind: kind.name, issues: result.error.issues.length },
    },
  );
}

/** A process takes text, so `env: { RETRIES: 3 }` means "3". */
function withTextualEnvironment(values: Json): Json {
  if (!isJsonObject(values) || !isJsonObject(values['env'])) return values;
  return { ...values, env: textualEnvironment(values['env']) };
}
