// The shape of a plan file, as zod reads it. Strict everywhere; every key described, because the JSON Schema
// and `docs/plan-reference.md` are generated from here. What needs more than one key to judge is in `lint.ts`.

import { z } from 'zod';
import { duration } from '../values/durations.ts';
import {
  branchName,
  environmentName,
  identifier,
  name,
  namespaceLabel,
  title,
  variableName,
} from '../values/names.ts';
import { relativePath } from '../values/paths.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const settings = z.record(z.string(), z.unknown());
const prose = z.string().min(1).max(2000);
const uses = (what: string): z.ZodString => z.string().min(1).describe(`Name of the ${what} kind.`);
const withSettings = settings
  .default({})
  .describe('Settings of the kind; which keys there are is up to the kind. May hold expressions.');
const condition = z
  .union([z.string().min(1), z.boolean()])
  .describe(
    'Condition; `${{ }}` may be left out. Without `always()` or `failure()` it also means: only while nothing failed.',
  );

const input = z.strictObject({
  type: z.enum(['string', 'number', 'boolean', 'timestamp', 'choice']).describe('Type of the value.'),
  description: prose.optional().describe('What the person who presses the button has to know.'),
  required: z.boolean().default(false).describe('Refuse to start without a value.'),
  default: scalar.optional().describe('Value if none is given.'),
  options: z.array(z.string().min(1)).min(1).optional().describe('The values of a `choice`.'),
});

const target = z.strictObject({
  environment: title.optional().describe('GitHub environment of the target.'),
  context: title.optional().describe('Context in the kubeconfig. Default: the current one.'),
  namespace: namespaceLabel
    .optional()
    .describe("Namespace of the components unless they name another. Default: the context's."),
  vars: z
    .record(identifier, scalar)
    .default({})
    .describe('Values that differ between targets, for expressions: `${{ vars.url }}`.'),
});

const component = z.strictObject({ uses: uses('component'), with: withSettings });

const severity = z.strictObject({
  'recover-within': duration
    .optional()
    .describe('How soon the service has to be back; the report compares with it.'),
  description: prose.optional().describe('When this severity applies.'),
});

const stepSchema = z.strictObject({
  id: identifier
    .optional()
    .describe('Name by which later steps refer to outputs: `steps.<id>.outputs.<name>`.'),
  name: title.optional().describe('What people read.'),
  if: condition.optional(),
  rollback: name.optional().describe('Component to take back.'),
  uses: uses('step').optional(),
  with: settings.optional().describe('Settings of the kind that `uses` names. May hold expressions.'),
  run: z
    .string()
    .min(1)
    .optional()
    .describe('Script for a shell. Takes values through `env`, never through expressions.'),
  shell: z.enum(['bash', 'sh']).optional().describe('Shell for `run`. Default: bash.'),
  env: z
    .record(environmentName, scalar)
    .optional()
    .describe('Environment of the script in `run`. May hold expressions.'),
  outputs: z
    .array(identifier)
    .optional()
    .describe(
      'Names of outputs that the script writes, as `name=value` lines, to the file `$ROLLBACK_PLAN_OUTPUT`.',
    ),
  idempotent: z
    .boolean()
    .optional()
    .describe('The script may be run again after a failure. Default: it is run once.'),
  'done-if': z
    .string()
    .min(1)
    .optional()
    .describe(
      'Script that changes nothing and tells whether the work of `run` is done: exit code 0 is yes, 1 is no.',
    ),
  timeout: duration.optional().describe("Longest time the step may take. Default: the kind's."),
  retries: z
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe(
      'How often to try again after a failure. Default: 3 for reads, 2 for what may be repeated. What runs once is never repeated.',
    ),
  'on-failure': z
    .enum(['stop', 'continue', 'compensate'])
    .default('stop')
    .describe(
      '`stop` halts the rollback, `continue` goes on with the next step, `compensate` undoes what the step did and halts.',
    ),
});

const phase = z.strictObject({
  name: title.describe('What people read, and what scenarios refer to. Unique.'),
  if: condition.optional(),
  parallel: z.boolean().default(false).describe('Run the steps at the same time.'),
  estimate: duration.optional().describe('How long the phase usually takes.'),
  budget: duration
    .optional()
    .describe('How long the phase may take before the record says that it took too long; it stops nothing.'),
  steps: z.array(stepSchema).min(1).describe('The steps, in order.'),
});

const scenario = z.strictObject({
  default: z.boolean().default(false).describe('Use this scenario if none is named.'),
  description: prose.optional().describe('When to choose this scenario.'),
  phases: z
    .union([z.literal('all'), z.array(z.string().min(1)).min(1)])
    .describe('Names of the phases to run, or `all`. They run in the order of `phases`.'),
});

const checkSchema = z.strictObject({
  name: title.optional().describe('What people read. Default: the kind.'),
  uses: uses('check'),
  with: withSettings,
  within: duration.optional().describe('How long the check may take to become healthy. Default: 1m.'),
  every: duration.optional().describe('Time between two looks. Default: 2s.'),
});

const records = z.strictObject({
  incidents: relativePath.default('incidents/').describe('Folder for incident records.'),
  publish: z
    .enum(['commit', 'none'])
    .default('none')
    .describe('Where the record goes: a commit, or nowhere.'),
  branch: branchName
    .optional()
    .describe('Branch to commit to. Default: the default branch of the repository.'),
});

export const planSchema = z.strictObject({
  version: z.literal(1).describe('Version of the plan format.'),
  service: name.describe('What is rolled back.'),
  owner: title.optional().describe('Team that answers for the plan.'),
  description: prose.optional().describe('What a stranger has to know at 3 a.m.'),
  inputs: z
    .record(identifier, input)
    .default({})
    .describe('Values a person gives when pressing: `${{ inputs.<name> }}`.'),
  secrets: z
    .array(variableName)
    .default([])
    .describe('Environment variables with secrets: handed to steps, masked and redacted everywhere.'),
  targets: z
    .record(name, target)
    .default({})
    .describe('Places to act on. Default: one named `default`, the current context and namespace.'),
  components: z.record(name, component).describe('What has versions and can go back, in the order to take.'),
  severities: z.record(name, severity).default({}).describe("The team's own severities."),
  phases: z
    .array(phase)
    .min(1)
    .optional()
    .describe('Ordered phases. Default: one that takes all components back in the order written.'),
  scenarios: z.record(name, scenario).default({}).describe('Which phases run for which cause.'),
  verify: z
    .array(checkSchema)
    .default([])
    .describe('What users see: checks that must pass before a rollback is good.'),
  records: records
    .default({ incidents: 'incidents/', publish: 'none' })
    .describe('Where the incident record goes.'),
});

export type PlanFile = z.output<typeof planSchema>;
export type StepFile = z.output<typeof stepSchema>;
export type CheckFile = z.output<typeof checkSchema>;

/** Keys the design knows and this version doesn't act on: refused, but not as a typing error. */
export const laterKeys: ReadonlySet<string> = new Set([
  'triggers',
  'point-of-no-return',
  'notify',
  'drill',
  'approvals',
  'authority',
  'may',
  'decide-within',
  'baseline',
  'board',
]);

/** Keys people bring from workflows or from the wrong level, and what to write instead. */
export const elsewhere: ReadonlyMap<string, string> = new Map([
  ['steps', 'steps belong into a phase: `phases: [{ name: …, steps: […] }]`'],
  ['jobs', 'a plan has `phases` with `steps`, no jobs'],
  ['on', 'a plan has no events; the workflow that calls it does'],
  ['permissions', 'permissions belong into the workflow that calls the plan'],
  ['runs-on', 'the workflow that calls the plan chooses the runner'],
  ['timeout-minutes', 'write `timeout: 5m`'],
  ['continue-on-error', 'write `on-failure: continue`'],
  ['working-directory', 'begin the script with `cd folder`'],
  ['needs', 'phases run in the order written'],
]);
