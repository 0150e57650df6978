// What a line of a journal has to look like to be an event. A journal comes back from where others can write (an artifact,
// a folder), so nothing that is told from it may depend on its being well made. Fields that are not known here are kept.

import { z } from 'zod';
import { reasonCodes } from '../errors.ts';
import { drillMeasures, greenOutcomes, journalVersion, type RunEvent, redOutcomes } from '../events.ts';

const text = z.string();
const optionalText = text.optional();
const number = z.number();
const texts = z.array(text);
const object = z.record(text, z.json());
const versions = z.record(text, text);

const fault = z.looseObject({ code: z.enum(Object.values(reasonCodes).flat()), message: text, hint: text });
const operation = z.looseObject({ id: text, title: text, shown: text, mutates: z.boolean() });
const version = z.looseObject({
  id: text,
  names: texts.exactOptional(),
  label: text,
  digest: text,
  at: text.exactOptional(),
});
const change = z.looseObject({
  component: text,
  from: version,
  to: version,
  kind: text,
  alreadyThere: z.boolean(),
  because: text,
});

const looks = z.array(
  z.looseObject({
    due: text,
    at: optionalText,
    state: z.enum(['pass', 'fail', 'inconclusive', 'error']).optional(),
    evidence: optionalText,
  }),
);

function event<const Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) {
  return z.looseObject({
    type: z.literal(type),
    seq: number,
    at: z.iso.datetime(),
    elapsedMs: number,
    ...shape,
  });
}

const eventSchema = z.discriminatedUnion('type', [
  event('run-started', {
    version: z.literal(journalVersion),
    incident: text,
    mode: text,
    dryRun: z.boolean(),
    service: text,
    owner: optionalText,
    target: text,
    context: optionalText,
    namespace: optionalText,
    environment: optionalText,
    scenario: text,
    severity: optionalText,
    recoverWithinMs: number.optional(),
    reason: text,
    to: optionalText,
    actor: text,
    overrides: texts,
    inputs: object.optional(),
    plan: z.looseObject({ path: text, digest: text, ref: optionalText, commit: optionalText }),
    run: z.looseObject({ url: text, id: text, attempt: text, repository: text }).optional(),
    tool: text,
  }),
  event('gate', {
    name: text,
    subject: optionalText,
    state: z.enum(['pass', 'warn', 'refuse', 'unknown']),
    detail: text,
    hint: optionalText,
    override: optionalText,
  }),
  event('pinned', { changes: z.array(change), digest: text }),
  event('captured', {
    of: text,
    label: text,
    data: object,
    namespace: optionalText,
    folder: optionalText,
    files: z.array(z.looseObject({ path: text, bytes: number })).optional(),
    lacking: texts.optional(),
  }),
  event('phase-started', {
    phase: text,
    parallel: z.boolean(),
    estimateMs: number.optional(),
    budgetMs: number.optional(),
  }),
  event('budget-exceeded', { phase: text, budgetMs: number }),
  event('phase-finished', {
    phase: text,
    status: z.enum(['succeeded', 'failed', 'skipped']),
    durationMs: number,
    overBudget: z.boolean(),
  }),
  event('step-planned', {
    phase: text,
    step: text,
    title: text,
    kind: text,
    component: optionalText,
    operations: z.array(operation),
    preview: optionalText,
    notes: texts,
    outputs: texts,
    skipped: optionalText,
  }),
  event('step-started', {
    phase: text,
    step: text,
    title: text,
    kind: text,
    component: optionalText,
    before: optionalText,
    timeoutMs: number,
    notes: texts,
    identity: optionalText,
    cleanup: z.boolean().optional(),
  }),
  event('intent', {
    step: text,
    operation,
    attempt: number,
    to: optionalText,
    precondition: optionalText,
    deadlineMs: number,
  }),
  event('done', {
    step: text,
    operation: text,
    attempt: number,
    ended: text,
    uncertain: z.boolean().optional(),
    exitCode: number.optional(),
    durationMs: number,
    stdout: text,
    stderr: text,
    evidence: text,
  }),
  event('step-finished', {
    phase: text,
    step: text,
    title: text,
    kind: text,
    component: optionalText,
    status: z.enum(['succeeded', 'failed', 'skipped', 'unknown']),
    before: optionalText,
    after: optionalText,
    evidence: text,
    durationMs: number,
    fault: fault.optional(),
    onFailure: optionalText,
    outputs: object,
    settled: z.boolean().optional(),
    identity: optionalText,
  }),
  event('lock-taken-over', { from: text, fence: number, detail: text }),
  event('incident', {
    state: z.enum(['opened', 'continued', 'superseded']),
    incident: text,
    openedAt: text,
    openedBy: text,
    detail: text,
  }),
  event('check-finished', {
    name: text,
    kind: text,
    state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
    value: text,
    expected: text,
    evidence: text,
    attempts: number,
    durationMs: number,
  }),
  event('watch-started', { windowMs: number, watched: texts, after: z.literal('rollback').optional() }),
  event('watch-finished', {
    state: z.enum(['quiet', 'bad', 'blind', 'stopped']),
    because: texts,
    warnings: texts.optional(),
    score: number.optional(),
    trigger: optionalText,
    triggers: texts.optional(),
    severity: optionalText,
    scenario: optionalText,
    recoverWithinMs: number.optional(),
    durationMs: number,
    looks: number,
  }),
  event('decided', {
    decision: z.enum(['roll-back', 'wait', 'prepare', 'tell']),
    trigger: optionalText,
    severity: optionalText,
    scenario: text,
    reasons: texts,
    until: optionalText,
  }),
  event('rechecked', {
    incident: text,
    rolledBackAt: text,
    due: texts,
    late: text,
    state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
    evidence: text,
    changed: texts,
    looks,
  }),
  event('follow-ups', {
    incident: text,
    rolledBackAt: text,
    tasks: z.array(
      z.looseObject({
        name: text,
        title: text,
        owner: optionalText,
        due: text,
        state: z.enum(['open', 'soon', 'overdue', 'done']),
        doneAt: optionalText,
        doneBy: optionalText,
      }),
    ),
    fresh: texts,
    looks,
  }),
  event('watched', {
    name: text,
    unit: z.enum(['ratio', 'ms', 'count']),
    limit: number.optional(),
    healthy: z.enum(['below', 'above']).optional(),
    points: z.array(z.tuple([number, number])).max(1_000),
    state: z.enum(['pass', 'fail', 'inconclusive', 'error']),
  }),
  event('snapshot-noted', { id: text, where: text, versions, fresh: z.boolean() }),
  event('drill-measured', {
    name: z.enum(drillMeasures),
    durationMs: number,
    limitMs: number.optional(),
    detail: text,
  }),
  event('drill-compared', { component: text, before: text, now: text, same: z.boolean() }),
  event('found', { component: text, version: text, detail: text }),
  event('note', { level: z.enum(['info', 'warning']), text, afterwards: z.boolean().optional() }),
  event('cancel-requested', { by: text }),
  event('run-finished', {
    outcome: z.enum([...greenOutcomes, ...redOutcomes]),
    green: z.boolean().optional(),
    fault: fault.optional(),
    failedStep: optionalText,
    durationMs: number,
  }),
  event('published', {
    ok: z.boolean(),
    path: text,
    url: optionalText,
    branch: optionalText,
    pullRequest: optionalText,
    compare: optionalText,
    fault: fault.optional(),
  }),
]);

/** The event on a line of a journal; `undefined` when it is none that this version knows whole. */
export function readEvent(line: string): RunEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
