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
import { backup, pointOfNoReturn, registry } from './schema-gates.ts';
import { followUp, recovery, rehearsal, watch } from './schema-recovery.ts';
import { checkSchema, score, severity, trigger } from './schema-watch.ts';

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
  environment: title
    .optional()
    .describe('GitHub environment of the target. A job that tells it runs in another one is refused.'),
  'watch-environments': z
    .array(title)
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Further environments in which `verify` may run. A bad deploy is rolled back from there, with no approval but theirs.',
    ),
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

const brake = z.strictObject({
  rollbacks: z
    .int()
    .min(0)
    .max(100)
    .default(2)
    .describe('How many automatic rollbacks there may be within `within`; 0 leaves every one to a person.'),
  within: duration.prefault('1h').describe('The time in which they are counted.'),
  cooldown: duration
    .prefault('10m')
    .describe('How long after an automatic rollback the next bad deploy is left to a person.'),
});

const drill = z.strictObject({
  target: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Target to rehearse on. Its namespace has to be labelled `rollback-plan.dev/drill=allowed`. May be left out if the plan has one target.',
    ),
  scenario: z
    .string()
    .min(1)
    .optional()
    .describe('Scenario to rehearse, or `all`. Default: the default scenario.'),
  'detect-within': duration
    .prefault('5m')
    .describe('How soon checks and triggers have to notice what `break` did.'),
  ...rehearsal,
  break: z
    .array(stepSchema)
    .min(1)
    .describe('Steps that put a known-bad version out, as in a phase, without `rollback`.'),
  restore: z
    .array(stepSchema)
    .min(1)
    .optional()
    .describe(
      'Steps that put back what `break` changed besides components, without `rollback`. They run at the end, whatever happened.',
    ),
});

/** Where records go unless a plan says otherwise. */
export const usualPlaces = { incidents: 'incidents/', drills: 'drills/' } as const;

const records = z.strictObject({
  incidents: relativePath.default(usualPlaces.incidents).describe('Folder for incident records.'),
  drills: relativePath.default(usualPlaces.drills).describe('Folder for records of drills.'),
  publish: z
    .enum(['pull-request', 'commit', 'none'])
    .default('none')
    .describe('How the record gets into the repository: by a pull request, as a commit, or not at all.'),
  branch: branchName
    .optional()
    .describe(
      'Branch to commit to, or to open pull requests against. Default: the default branch of the repository.',
    ),
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
  severities: z
    .record(name, severity)
    .default({})
    .describe("The team's own severities, the worst first: of several triggers the worst one decides."),
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
  triggers: z
    .record(name, trigger)
    .default({})
    .describe(
      'What calls for a rollback while a deploy is watched (`mode: verify`), and what a drill notices by.',
    ),
  score: score.prefault({}),
  registries: z
    .array(registry)
    .default([])
    .describe(
      'Registries that want a login, or plain HTTP, when they are asked whether images are still there.',
    ),
  backups: z
    .record(name, backup)
    .default({})
    .describe('Backups that have to be there, fresh and whole before a rollback begins.'),
  'point-of-no-return': pointOfNoReturn
    .optional()
    .describe('What makes going back lose data; past it a rollback refuses and points forward.'),
  brake: brake
    .prefault({})
    .describe(
      'When `verify` stops rolling back by itself and leaves a bad deploy to a person: `brake: { rollbacks: 2, within: 1h, cooldown: 10m }`. The variable `ROLLBACK_PLAN_STOP` stops it at once.',
    ),
  watch: watch.prefault({}).describe('Where people read how a watch goes.'),
  recovery: recovery.prefault({}).describe('When a rollback has worked, and when it is looked at again.'),
  'follow-ups': z
    .record(name, followUp)
    .default({})
    .describe(
      'What people have to do after every rollback, and by when: `postmortem: { within: 48h, owner: sre }`. The incident record lists it; `mode: heartbeat` says what is overdue.',
    ),
  drill: drill.optional().describe('How the plan is rehearsed (`mode: drill`).'),
  records: records.default({ ...usualPlaces, publish: 'none' }).describe('Where the records go.'),
});

export type PlanFile = z.output<typeof planSchema>;
export type StepFile = z.output<typeof stepSchema>;
export type DrillFile = z.output<typeof drill>;
export type RegistryFile = PlanFile['registries'][number];
