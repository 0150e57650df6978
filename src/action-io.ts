// The contract with whoever calls us: every input and output key in one list each. A key that is not declared here
// does not compile, and a contract test holds these lists against action.yml.

export const inputs = {
  mode: {
    default: 'validate',
    describe: 'validate, preflight, rollback, verify, alert, drill, heartbeat, matrix or report',
  },
  plan: { default: '.github/rollback.yml', describe: 'Path of the rollback plan in the repository' },
  'plan-ref': {
    default: '',
    describe:
      'Branch, tag or commit the plan is read from; empty takes the default branch, for validate and on a laptop the checked-out file',
  },
  target: { default: '', describe: 'Name of the target; may be left out when the plan has only one' },
  scenario: { default: '', describe: 'Name of the scenario; empty takes the plan’s default' },
  severity: { default: '', describe: 'Severity, by the plan’s own name' },
  trigger: {
    default: '',
    describe:
      'Name of the trigger of the plan that a person saw; it says severity and scenario, and stands in the record',
  },
  to: {
    default: 'last-good',
    describe: 'Where to go back to: last-good, previous, a snapshot’s id, or lines of component=version',
  },
  deployed: {
    default: '',
    describe:
      'For verify: what the deploy has put out, as lines of component=version; waited for, and known to triggers',
  },
  inputs: { default: '', describe: 'Values for the inputs the plan declares, as a YAML map' },
  reason: { default: '', describe: 'Why, in a sentence; goes into the incident record' },
  incident: { default: '', describe: 'Id of the incident; empty makes one' },
  'dry-run': {
    default: 'false',
    describe: 'Print commands, the difference and the digest to approve; change nothing',
  },
  confirm: { default: '', describe: 'Name of the target, typed, as a guard against the wrong one' },
  digest: { default: '', describe: 'Digest that was approved; anything else is refused' },
  override: {
    default: '',
    describe: 'Named overrides a person gives, separated by spaces or commas; recorded and loud',
  },
  token: { default: '${{ github.token }}', describe: 'Token that reads the plan and writes the record' },
  publish: { default: '', describe: 'pull-request, commit or none; empty takes the plan’s records.publish' },
  window: {
    default: '',
    describe:
      'How long verify watches after a deploy, empty is 5m; how long alert watches on where it may not act, empty is not at all',
  },
  timeout: { default: '30m', describe: 'Longest time the run may take' },
  'fail-on-rollback': { default: 'true', describe: 'Whether a verify that rolled back fails the step' },
} as const satisfies Record<string, { readonly default: string; readonly describe: string }>;

export const outputs = {
  outcome:
    'rolled-back, already-there, verified, planned or ready; refused, halted, failed, inconclusive or interrupted',
  'reason-code': 'Why it is not green, from a closed list; empty when it is',
  incident: 'Id of the incident',
  'incident-path': 'Path of the incident record in the repository, or of the local copy',
  'pull-request-url': 'Pull request that holds the record, if there is one',
  result: 'Path of the result as JSON',
  digest: 'Digest of plan, target and pinned versions; what an approval is of',
  'duration-seconds': 'How long the run took',
  'failed-step': 'Key of the step that failed',
  matrix: 'Targets as a matrix for a following job',
  ready: 'Whether a rollback would work now',
} as const satisfies Record<string, string>;

export type InputName = keyof typeof inputs;
export type OutputName = keyof typeof outputs;
export type InputValues = Readonly<Record<InputName, string>>;
export type OutputValues = Partial<Record<OutputName, string>>;

// `Object.keys` and `fromEntries` forget literal types; these two casts restate what the list above guarantees.
export const inputNames = Object.keys(inputs) as readonly InputName[];

/** One value per declared input. */
export function collectInputs(read: (name: InputName) => string): InputValues {
  return Object.fromEntries(inputNames.map((name) => [name, read(name)])) as InputValues;
}

/** What an input is when nobody gives it. A `${{ }}` default is the runner's to fill, so it is empty elsewhere. */
export function defaultInput(name: InputName): string {
  const value: string = inputs[name].default;
  return value.startsWith('${{') ? '' : value;
}
