// What the result says, as a schema that readers can validate it with. Fields are added, never renamed; a reader that
// finds another `schemaVersion` should stop.

import { z } from 'zod';
import { drillMeasures, greenOutcomes, redOutcomes } from '../events.ts';

export const resultSchemaVersion = 1;

const text = z.string();
const maybeText = z.string().nullable();
const seconds = z.number().nonnegative();
const maybeSeconds = seconds.nullable();
const utc = z.iso.datetime();

const fault = z.strictObject({ reason_code: text, message: text, hint: text });
const version = z.strictObject({ id: text, label: text, digest: text });
const measured = z.strictObject({
  state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
  value: text,
  expected: text,
  evidence: text,
  at: utc,
});

const attempt = z.strictObject({
  attempt: z.int().positive(),
  started_at: utc,
  /** `unknown`: the journal doesn't tell how it ended. */
  ended: text,
  exit_code: z.int().nullable(),
  duration_seconds: maybeSeconds,
});

const step = z.strictObject({
  id: text,
  phase: text,
  title: text,
  kind: text,
  component: maybeText,
  status: z.enum(['planned', 'running', 'succeeded', 'failed', 'skipped', 'unknown']),
  before: maybeText,
  after: maybeText,
  evidence: maybeText,
  started_at: utc.nullable(),
  duration_seconds: maybeSeconds,
  limit_seconds: maybeSeconds,
  fault: fault.nullable(),
  skipped: maybeText,
  commands: z.array(
    z.strictObject({ title: text, shown: text, mutates: z.boolean(), attempts: z.array(attempt) }),
  ),
  outputs: z.record(text, z.json()),
});

const phase = z.strictObject({
  name: text,
  status: z.enum(['planned', 'running', 'succeeded', 'failed', 'skipped']),
  parallel: z.boolean(),
  started_at: utc.nullable(),
  duration_seconds: maybeSeconds,
  estimate_seconds: maybeSeconds,
  budget_seconds: maybeSeconds,
  over_budget: z.boolean(),
});

const run = z.strictObject({ url: text, id: text, attempt: text, repository: text });

const recheck = z.strictObject({
  incident: text,
  rolled_back_at: text,
  due: z.array(text),
  late: text,
  state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
  evidence: text,
  /** What is not as the rollback left it. */
  changed: z.array(text),
  looks_open: z.int().nonnegative(),
});
const followUps = z.strictObject({
  incident: text,
  rolled_back_at: text,
  tasks: z.array(
    z.strictObject({
      name: text,
      title: text,
      owner: maybeText,
      due: text,
      state: z.enum(['open', 'soon', 'overdue', 'done']),
      done_at: maybeText,
      done_by: maybeText,
    }),
  ),
});
const watch = z.strictObject({
  /** `unknown`: the journal doesn't tell how it ended. */
  state: z.enum(['quiet', 'bad', 'blind', 'stopped', 'unknown']),
  because: z.array(text),
  trigger: maybeText,
  severity: maybeText,
  scenario: maybeText,
  watched: z.array(text),
  window_seconds: seconds,
  duration_seconds: maybeSeconds,
  looks: z.int().nonnegative().nullable(),
});

/** What was made of what a watch, an alert or a person saw. */
const decision = z.strictObject({
  decision: z.enum(['roll-back', 'wait', 'prepare', 'tell']),
  trigger: maybeText,
  severity: maybeText,
  scenario: text,
  reasons: z.array(text),
  /** Until when people have time to mend it, or to decide. */
  until: utc.nullable(),
});

const snapshot = z.strictObject({
  id: text,
  where: text,
  versions: z.record(text, text),
  /** `false`: the newest entry of the ledger said the same already. */
  fresh: z.boolean(),
});

const drill = z.strictObject({
  passed: z.boolean(),
  /** The first part that failed; `null` when none did. */
  failed_part: maybeText,
  measured: z.array(
    z.strictObject({
      name: z.enum(drillMeasures),
      duration_seconds: seconds,
      limit_seconds: maybeSeconds,
      in_time: z.boolean().nullable(),
      detail: text,
    }),
  ),
  compared: z.array(z.strictObject({ component: text, before: text, now: text, same: z.boolean() })),
});

export const resultSchema = z.strictObject({
  schemaVersion: z.literal(resultSchemaVersion),
  outcome: z.enum([...greenOutcomes, ...redOutcomes]),
  /** Not the outcome's alone: a bad deploy that was rolled back is `rolled-back` and not green. */
  green: z.boolean(),
  reason_code: maybeText,
  message: maybeText,
  hint: maybeText,
  failed_step: maybeText,
  incident: text,
  mode: text,
  dry_run: z.boolean(),
  service: text,
  owner: maybeText,
  target: text,
  context: maybeText,
  namespace: maybeText,
  environment: maybeText,
  scenario: text,
  severity: maybeText,
  reason: text,
  actor: text,
  overrides: z.array(text),
  cancelled_by: maybeText,
  plan: z.strictObject({ path: text, digest: text, ref: maybeText, commit: maybeText }),
  digest: maybeText,
  run: run.nullable(),
  tool: text,
  /** First press of the incident; equals `started_at` unless the incident was continued. */
  triggered_at: utc,
  started_at: utc,
  completed_at: utc,
  /** From `triggered_at` to `completed_at`, monotonic within a run. */
  total_duration_seconds: seconds,
  sla_seconds: maybeSeconds,
  sla_met: z.boolean().nullable(),
  /** What is left of the limit, negative when late. A verify counts from the end of its watch, a drill what it measured. */
  sla_buffer_seconds: z.number().nullable(),
  components: z.array(
    z.strictObject({
      component: text,
      kind: text,
      from: version,
      to: version,
      already_there: z.boolean(),
      because: text,
    }),
  ),
  phases: z.array(phase),
  phase_timings: z.record(text, seconds),
  /** What the phases don't account for: gates, pinning, checks, waiting, earlier runs. With `phase_timings` it sums up to the total. */
  outside_phases_seconds: z.number(),
  steps: z.array(step),
  checks: z.array(
    z.strictObject({
      name: text,
      kind: text,
      before: measured.nullable(),
      now: measured.nullable(),
      measurements: z.int().nonnegative(),
    }),
  ),
  checks_passed: z.boolean().nullable(),
  gates: z.array(
    z.strictObject({
      name: text,
      /** Component, tool or object it is about. */
      subject: maybeText,
      state: z.enum(['pass', 'warn', 'refuse', 'unknown']),
      detail: text,
      hint: maybeText,
      /** What lets a run go on although this refuses; given or not. */
      override: maybeText,
    }),
  ),
  /** Of a preflight only. The files are beside this one. */
  readiness: z
    .strictObject({
      ready: z.boolean(),
      asked: z.int().nonnegative(),
      passed: z.int().nonnegative(),
      markdown: text,
      badge: text,
    })
    .nullable(),
  notes: z.array(z.strictObject({ level: z.enum(['info', 'warning']), text })),
  attempts: z.int().positive(),
  /** `null`: the run left no journal, and nobody can say. */
  changed_anything: z.boolean().nullable(),
  published: z.array(
    z.strictObject({
      ok: z.boolean(),
      path: text,
      url: maybeText,
      branch: maybeText,
      pull_request_url: maybeText,
      /** Where a person opens the pull request that the forge would not let us open. */
      compare_url: maybeText,
      fault: fault.nullable(),
    }),
  ),
  watch: watch.nullable(),
  /** Rollbacks of before that a heartbeat looked at again. */
  decision: decision.nullable(),
  rechecks: z.array(recheck),
  /** What people have to do: after this run, or, of a heartbeat, after rollbacks of before. */
  follow_ups: z.array(followUps),
  snapshot: snapshot.nullable(),
  drill: drill.nullable(),
  /** What somebody found who looked after the run was gone. */
  found: z.array(z.strictObject({ component: text, version: text, detail: text, at: utc })),
});

export type ResultJson = z.infer<typeof resultSchema>;
export type FaultJson = z.infer<typeof fault>;
export type MeasuredJson = z.infer<typeof measured>;
