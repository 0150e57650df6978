// The step kinds there are. A new one is a file beside this and a line here.

import { run } from './run.ts';
import type { StepKind } from './step-kind.ts';

const all: readonly StepKind<unknown>[] = [run];

export const stepKinds: ReadonlyMap<string, StepKind<unknown>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
