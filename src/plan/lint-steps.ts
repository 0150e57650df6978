// Steps: each has one verb, and only options that the verb and its kind can honour.

import { isJsonObject, type JsonObject } from '../values/json.ts';
import { suggestion } from '../values/suggest.ts';
import type { Finding } from './findings.ts';
import { type PlanKinds, runKeys, runKind, type StepKindShape } from './kinds.ts';
import { allStepsOf, type Outline, type StepOutline, textOf } from './outline.ts';
import type { Rule } from './rules.ts';

const verbs = ['rollback', 'uses', 'run'] as const;

export function lintSteps(outline: Outline, kinds: PlanKinds): readonly Finding[] {
  return allStepsOf(outline).flatMap((step) =>
    step.inDrill && 'rollback' in step.value
      ? [rollbackInDrill(step, outline)]
      : [...lintVerb(step, outline), ...lintOptions(step, outline, kinds), ...lintComponent(step, outline)],
  );
}

/** The drill measures the plan's own way back; a step that goes back by itself would make it look better than it is. */
function rollbackInDrill({ path }: StepOutline, { document }: Outline): Finding {
  return error(
    'step-verb',
    "a step of a drill can't roll back: the drill takes components back itself, by the plan's phases, and measures that",
    'delete the step; `break` puts the known-bad version out, `restore` puts back what is no component',
    document.keySpanOf([...path, 'rollback']),
  );
}

function lintVerb({ path, value, inDrill }: StepOutline, { document }: Outline): readonly Finding[] {
  const used = verbs.filter((verb) => verb in value);
  const [first, second] = used;
  if (first === undefined) {
    return [
      error(
        'step-verb',
        'the step does nothing',
        inDrill
          ? 'give it one of `uses: kind` or `run: script`'
          : 'give it one of `rollback: component`, `uses: kind` or `run: script`',
        document.spanOf(path),
      ),
    ];
  }
  if (second === undefined) return [];
  return [
    error(
      'step-verb',
      `the step has \`${first}\` and \`${second}\``,
      'make two steps of it',
      document.keySpanOf([...path, second]),
    ),
  ];
}

/** Options that belong to another verb, or that the step's kind does not know how to honour. */
function lintOptions(
  step: StepOutline,
  { document, components }: Outline,
  kinds: PlanKinds,
): readonly Finding[] {
  const { value, path } = step;
  const misplaced = [
    ...runKeys.flatMap((key) =>
      key in value && !('run' in value) ? [[key, `\`${key}\` belongs to \`run\``] as const] : [],
    ),
    ...('with' in value && !('uses' in value) ? [['with', withWhere(value)] as const] : []),
  ].map(([key, message]) => error('step-option', message, 'delete it', document.keySpanOf([...path, key])));
  const kind = kindOf(step, components, kinds);
  if (kind === undefined) return misplaced;
  return [...misplaced, ...lintAbilities(step, kind, document)];
}

function withWhere(value: JsonObject): string {
  return 'rollback' in value ? 'settings of a rollback stand with its component' : '`with` belongs to `uses`';
}

function lintAbilities(
  { value, path }: StepOutline,
  kind: StepKindShape,
  document: Outline['document'],
): readonly Finding[] {
  const found: Finding[] = [];
  if (value['on-failure'] === 'compensate' && kind.compensate === undefined) {
    found.push(
      error(
        'step-option',
        `the kind \`${kind.name}\` can't compensate`,
        'write `on-failure: stop`, or add a step with `if: failure()`',
        document.spanOf([...path, 'on-failure']),
      ),
    );
  }
  const settings = 'run' in value ? value : value['with'];
  const isOnce = kind.name === runKind && !(isJsonObject(settings) && settings['idempotent'] === true);
  if (isOnce && typeof value['retries'] === 'number' && value['retries'] > 0) {
    found.push(
      error(
        'step-option',
        'a script is run once, so `retries` has no effect',
        'write `idempotent: true` if it may be run again, or delete `retries`',
        document.spanOf([...path, 'retries']),
      ),
    );
  }
  return found;
}

function kindOf(
  step: StepOutline,
  components: Outline['components'],
  kinds: PlanKinds,
): StepKindShape | undefined {
  if (step.rollback === undefined) return step.uses === undefined ? undefined : kinds.steps.get(step.uses);
  const component = components.find(({ name }) => name === step.rollback);
  return kinds.components.get(textOf(component?.value['uses']) ?? '');
}

function lintComponent(
  { rollback, path }: StepOutline,
  { document, components }: Outline,
): readonly Finding[] {
  if (rollback === undefined || components.some(({ name }) => name === rollback)) return [];
  const names = components.map(({ name }) => name);
  const hint = suggestion(rollback, names) ?? 'declare it under `components:`';
  return [
    error(
      'unknown-component',
      `there is no component \`${rollback}\``,
      hint,
      document.spanOf([...path, 'rollback']),
    ),
  ];
}

function error(rule: Rule, message: string, hint: string, span: Pick<Finding, 'where' | 'length'>): Finding {
  return { rule, severity: 'error', message, hint, ...span };
}
