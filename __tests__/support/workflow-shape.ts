// The parts of a workflow and of an action that the contract tests look at, read from YAML.

import { load } from 'js-yaml';
import { z } from 'zod';
import {
  blocksInDocuments,
  callers,
  ownWorkflows,
  reusableWorkflows,
  type TextFile,
} from './workflow-files.ts';

const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  id: z.string().optional(),
  env: values.default({}),
  with: values.default({}),
});
export type Step = z.infer<typeof step>;
const job = z.looseObject({
  uses: z.string().optional(),
  if: z.string().optional(),
  environment: z.string().optional(),
  with: values.default({}),
  secrets: values.default({}),
  permissions,
  'timeout-minutes': z.union([z.number(), z.string()]).optional(),
  concurrency: z
    .looseObject({
      group: z.string(),
      'cancel-in-progress': z.union([z.boolean(), z.string()]).default(false),
    })
    .optional(),
  outputs: z.record(z.string(), z.string()).default({}),
  steps: z.array(step).default([]),
});
const declared = z.looseObject({ required: z.boolean().optional(), default: z.unknown().optional() });
const workflow = z.looseObject({
  name: z.string(),
  on: z.looseObject({
    workflow_call: z
      .looseObject({
        inputs: z.record(z.string(), declared),
        secrets: z.record(z.string(), declared),
        outputs: z.record(z.string(), z.looseObject({ value: z.string() })),
      })
      .optional(),
    workflow_dispatch: z.looseObject({ inputs: z.record(z.string(), z.unknown()).default({}) }).nullish(),
    schedule: z.unknown().optional(),
  }),
  permissions,
  concurrency: job.shape.concurrency,
  jobs: z.record(z.string(), job),
});
export type Workflow = z.infer<typeof workflow>;
export const action = z.looseObject({
  inputs: z.record(z.string(), declared).default({}),
  runs: z.looseObject({ using: z.string(), steps: z.array(step).default([]) }),
});

export const readWorkflow = ({ path, text }: TextFile): Workflow => {
  const result = workflow.safeParse(load(text));
  if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
  return result.data;
};
const documented = blocksInDocuments().filter(({ kind }) => kind === 'workflow');
/** Every workflow that people get from us, by path. */
export const everything: readonly (readonly [string, TextFile])[] = [
  ...ownWorkflows(),
  ...callers(),
  ...documented,
].map((file) => [file.path, file]);
export const reusable = new Map(reusableWorkflows().map((file) => [file.path, readWorkflow(file)]));
export const calling: readonly (readonly [string, TextFile])[] = [...callers(), ...documented].map((file) => [
  file.path,
  file,
]);
export const stepsOf = (content: Workflow): readonly Step[] =>
  Object.values(content.jobs).flatMap(({ steps }) => steps);
