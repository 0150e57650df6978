// The step kinds there are. A new one is a file beside this and a line here.

import { deploy } from './deploy.ts';
import { http } from './http.ts';
import { run } from './run.ts';
import type { StepKind } from './step-kind.ts';
import { wait } from './wait.ts';

const all: readonly StepKind<unknown>[] = [deploy, http, run, wait];

export const stepKinds: ReadonlyMap<string, StepKind<unknown>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
