// The component kinds there are. A new one is a file beside this and a line here.

import type { ComponentKind } from './component-kind.ts';
import { configTag } from './config-tag.ts';
import { helmRelease } from './helm-release.ts';
import { workload } from './workload.ts';

const all: readonly ComponentKind<unknown>[] = [configTag, helmRelease, workload];

export const componentKinds: ReadonlyMap<string, ComponentKind<unknown>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
