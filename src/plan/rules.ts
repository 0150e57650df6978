// The linter's rules: a closed list, so that a rule nobody described does not compile and a reader finds each explained.

export const rules = {
  encoding: 'The file is UTF-8, and holds no character that hides or reorders text.',
  syntax: 'The file is one YAML document.',
  limit: 'Size, depth, aliases and counts stay within what a person can review.',
  'duplicate-key': 'A key stands once in a map.',
  'forbidden-key': '`__proto__`, `constructor` and `prototype` are no keys.',
  'merge-key': '`<<` is not part of YAML 1.2 and not supported.',
  'explicit-tag': 'Values carry no tags such as `!!binary`.',
  'unknown-key': 'Every key is one this version knows.',
  'missing-key': 'Required keys are there.',
  type: 'Every value has the type and the range its key asks for.',
  name: 'Names need no quoting anywhere and never look like an option.',
  'name-case': 'Names differ by more than upper and lower case, which expressions ignore.',
  path: 'Paths are relative, stay below the repository and never look like an option.',
  'unknown-kind': '`uses` names a kind of component, step or check.',
  'unknown-component': '`rollback`, and `for` of a backup, name components of the plan.',
  'unknown-phase': 'Scenarios name phases of the plan.',
  'unknown-scenario': 'Triggers and the drill name scenarios of the plan, or `all`.',
  'unknown-severity': 'Triggers name severities of the plan.',
  'unknown-secret': 'Registries take secrets that the plan declares.',
  'duplicate-registry': 'A registry stands once in `registries`.',
  'unknown-target': 'The drill names a target of the plan, and can leave it out only where there is one.',
  'alert-looks':
    'A trigger with `alert` is called from outside, one with `declared` by a person, so they have no looks to count.',
  'watch-environments': 'A target with environments for watching names the one for acting.',
  'duplicate-phase': 'Phases have different names, also from `break` and `restore` where there is a drill.',
  'duplicate-step-id': 'Step ids are unique in the plan.',
  'duplicate-rollback': 'A component is rolled back once in a scenario.',
  'two-default-scenarios': 'At most one scenario is the default.',
  'step-verb': 'A step has exactly one of `rollback`, `uses` and `run`; one of a drill no `rollback`.',
  'step-option': 'A step has only options that its verb and its kind can honour.',
  'expression-syntax': 'Expressions parse.',
  'expression-unknown-property': 'Expressions refer only to what will exist by then.',
  'expression-in-run': 'Values reach a shell through `env`, never through the text of a script.',
  'expression-not-here': 'Expressions stand only where they are computed.',
  'input-default': 'An input has a default and options that fit its type.',
  'unused-component': 'Every component is rolled back by some phase.',
  'unused-secret': 'Every secret is used by something in the plan.',
  'over-budget': 'A phase is estimated to end within its budget.',
  'drill-blind': 'A drill has checks or triggers that can notice what it breaks.',
  'brake-idle': 'A brake has checks or triggers whose rollbacks it can hold.',
  'errors-per-second': 'A share of errors is divided by all requests; a count says that it is one.',
  'share-over-one': 'A share is a number from 0 to 1, and so are its bounds; percent are not written.',
  'no-floor': 'A share that may grow by a factor says up to where it is harmless.',
  'no-watchdog': 'Alertmanager is believed while an alert that always fires arrives.',
  'no-verify': 'The plan looks at what users see before it calls a rollback good.',
} as const;

export type Rule = keyof typeof rules;

export function isRule(text: unknown): text is Rule {
  return typeof text === 'string' && Object.hasOwn(rules, text);
}
