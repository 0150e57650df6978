// From a path to a plan: the bytes of its source, decoded, parsed and linted.

import type { PlanOrigin, PlanSource } from '../ports.ts';
import { decodePlan, tooLarge } from './encoding.ts';
import type { PlanKinds } from './kinds.ts';
import { limits } from './limits.ts';
import { type ParsedPlan, parsePlan, planDigest } from './parse.ts';

export type ReadRequest = {
  /** Relative to the workspace, or absolute and inside it. */
  readonly path: string;
  /** Branch, tag or commit; empty or absent: where plans come from by default. */
  readonly ref?: string;
  readonly source: PlanSource;
  readonly kinds: PlanKinds;
};

/** The plan with its text, for rendering findings; `text` is empty where the bytes are no text. */
export type ReadPlan = ParsedPlan & {
  readonly text: string;
  readonly digest: string;
  readonly origin: PlanOrigin;
};

/** Throws `plan-missing` or `plan-invalid` if there is no file to read; whatever is wrong inside is a finding. */
export async function readPlan({ path, ref, source, kinds }: ReadRequest): Promise<ReadPlan> {
  const { bytes, size, shown, origin } = await source.read(path, limits.bytes, ref);
  if (size > limits.bytes) {
    return { plan: undefined, findings: [tooLarge(size, shown)], text: '', digest: '', origin };
  }
  const { text, findings } = decodePlan(bytes, shown);
  const digest = planDigest(text);
  if (findings.length > 0) return { plan: undefined, findings, text, digest, origin };
  return { ...parsePlan(text, shown, kinds), text, digest, origin };
}
