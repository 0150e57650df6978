// The check kinds there are. A new one is a file beside this and a line here.

import { alerts } from './alerts.ts';
import type { CheckKind } from './check-kind.ts';
import { http } from './http.ts';
import { prometheus } from './prometheus.ts';
import { rollout } from './rollout.ts';

const all: readonly CheckKind<unknown>[] = [http, rollout, prometheus, alerts];

export const checkKinds: ReadonlyMap<string, CheckKind<unknown>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
