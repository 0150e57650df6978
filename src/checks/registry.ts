// The check kinds there are. A new one is a file beside this and a line here.

import type { CheckKind } from './check-kind.ts';
import { command } from './command.ts';
import { http } from './http.ts';
import { rollout } from './rollout.ts';
import { version } from './version.ts';

const all: readonly CheckKind<unknown>[] = [command, http, rollout, version];

export const checkKinds: ReadonlyMap<string, CheckKind<unknown>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
