// The page of an incident as it is stored: its shape, and reading it back.

import { z } from 'zod';
import { messageOf, RollbackPlanError } from '../errors.ts';
import { greenOutcomes, redOutcomes } from '../events.ts';
import type { JsonObject } from '../values/json.ts';

const text = z.string();
const versionSchema = z.object({
  id: text,
  names: z.array(text).readonly().exactOptional(),
  label: text,
  digest: text,
  at: text.exactOptional(),
});
const pinSchema = z.object({ component: text, kind: text, from: versionSchema, to: versionSchema });

const runSchema = z.object({
  /** The press's own incident id; the first one's is the incident's. */
  incident: text,
  url: text.exactOptional(),
  actor: text,
  fence: z.number(),
  /** RFC 3339, by that run's clock: told to people, never compared. */
  startedAt: text,
  ended: z.object({ at: text, outcome: text, code: text.exactOptional() }).exactOptional(),
});

const placed = { run: z.number().int().nonnegative(), at: text };
const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('step-started'),
    ...placed,
    step: text,
    title: text,
    component: text.exactOptional(),
    identity: text.exactOptional(),
    cleanup: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal('captured'), ...placed, of: text, label: text }),
  z.object({
    type: z.literal('intent'),
    ...placed,
    step: text,
    operation: z.object({ id: text, title: text, mutates: z.boolean(), once: z.boolean().exactOptional() }),
    attempt: z.number(),
    to: text.exactOptional(),
    deadlineMs: z.number(),
  }),
  z.object({
    type: z.literal('done'),
    ...placed,
    step: text,
    operation: text,
    attempt: z.number(),
    ended: text,
    uncertain: z.boolean().exactOptional(),
    exitCode: z.number().exactOptional(),
    evidence: text,
  }),
  z.object({
    type: z.literal('step-finished'),
    ...placed,
    step: text,
    title: text,
    component: text.exactOptional(),
    status: z.enum(['succeeded', 'failed', 'skipped', 'unknown']),
    settled: z.boolean().exactOptional(),
    evidence: text,
    code: text.exactOptional(),
    outputs: z.record(text, z.json()).transform((outputs): JsonObject => outputs),
    /** What the entries before it told, so that it can stand alone. */
    identity: text.exactOptional(),
    cleanup: z.boolean().exactOptional(),
    changed: z.boolean().exactOptional(),
    uncertain: z.boolean().exactOptional(),
  }),
]);

const incidentSchema = z.object({
  id: text.min(1),
  service: text,
  target: text,
  scenario: text,
  /** As it was asked for: `previous`, `api=2`. */
  to: text,
  planDigest: text,
  /** Digest that an approval of the first press was of. */
  approval: text,
  openedAt: text,
  openedBy: text,
  /** Id of the one that was open before, and that this one took the place of. */
  supersedes: text.exactOptional(),
  pins: z.array(pinSchema),
  /** Names of the triggers that called for it: whoever goes on with it has to find them quiet, too. */
  called: z.array(text).exactOptional(),
  runs: z.array(runSchema).min(1),
  entries: z.array(entrySchema),
  /** Of how many runs, from the first one, nothing can be at work any more: their processes or deadlines are over. */
  atRest: z.number().int().nonnegative().exactOptional(),
  closed: z
    .object({ at: text, outcome: z.enum([...greenOutcomes, ...redOutcomes]), by: text })
    .exactOptional(),
});

const pageSchema = z.object({
  version: z.literal(1),
  /** Who wrote this text, and which of its texts it is: no two texts are ever the same. */
  writer: text,
  number: z.number().int().nonnegative(),
  incident: incidentSchema.exactOptional(),
});

export type IncidentPage = z.infer<typeof pageSchema>;
export type Incident = z.infer<typeof incidentSchema>;
export type IncidentRun = z.infer<typeof runSchema>;
export type PagePin = z.infer<typeof pinSchema>;
export type Entry = z.infer<typeof entrySchema>;

/** `undefined` where there is none yet. Throws `state-unreadable` for what no version of ours wrote. */
export function readPage(stored: string | undefined, whereToRead: string): IncidentPage | undefined {
  if (stored === undefined) return undefined;
  try {
    return pageSchema.parse(JSON.parse(stored));
  } catch (cause) {
    const newer = isNewer(stored);
    throw new RollbackPlanError(
      'state-unreadable',
      newer
        ? 'the journal in the target was written by a newer Rollback Plan'
        : `the journal in the target is not what Rollback Plan writes: ${firstLine(messageOf(cause))}`,
      {
        hint: newer
          ? 'Use that version here, too. To act without it, from the local journal alone: override: local-journal'
          : `Look at it: ${whereToRead}\nDelete it to begin anew, once you know that nothing it tells of is still under way.`,
        cause,
      },
    );
  }
}

function isNewer(stored: string): boolean {
  try {
    return z.object({ version: z.number().gt(1) }).safeParse(JSON.parse(stored)).success;
  } catch {
    return false;
  }
}

function firstLine(message: string): string {
  return message.split('\n').slice(0, 3).join(' ').slice(0, 200);
}
