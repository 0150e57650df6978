// Small kinds for plan tests, shaped like the real ones: a component, two steps and a check.

import { z } from 'zod';
import type { PlanKinds } from '../../src/plan/kinds.ts';
import { duration } from '../../src/values/durations.ts';
import { expectation } from '../../src/values/expectations.ts';
import { name, namespaceLabel } from '../../src/values/names.ts';
import { relativePath } from '../../src/values/paths.ts';

const release = {
  name: 'helm-release',
  summary: 'a Helm release',
  schema: z.strictObject({
    release: name,
    namespace: namespaceLabel.optional(),
    history: z.int().min(1).max(50).default(10),
  }),
};
const tag = {
  name: 'config-tag',
  summary: 'files of the repository at a tag',
  schema: z.strictObject({ paths: z.array(relativePath).min(1), tags: z.string().min(1) }),
  compensate: (): undefined => undefined,
};
const run = {
  name: 'run',
  summary: 'a script',
  schema: z.strictObject({
    run: z.string().min(1),
    shell: z.enum(['bash', 'sh']).default('bash'),
    env: z.record(z.string(), z.string()).default({}),
    outputs: z.array(z.string()).default([]),
    idempotent: z.boolean().default(false),
    'done-if': z.string().optional(),
  }),
};
const scale = {
  name: 'scale',
  summary: 'scales a workload',
  schema: z.strictObject({
    workload: z.string().regex(/^(deployment|statefulset)\/[a-z0-9-]+$/, 'a workload is `deployment/name`'),
    replicas: z.int().min(0).max(1000),
  }),
  compensate: (): undefined => undefined,
};
const http = {
  name: 'http',
  summary: 'an HTTP request',
  schema: z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
    headers: z.record(z.string(), z.string()).default({}),
    timeout: duration.optional(),
    expect: expectation,
  }),
};

export const sampleKinds: PlanKinds = {
  components: new Map([release, tag].map((kind) => [kind.name, kind])),
  steps: new Map([run, scale].map((kind) => [kind.name, kind])),
  checks: new Map([[http.name, http]]),
};
