// The check kinds there are. A new one is a file beside this and a line here.

import { alerts } from './alerts.ts';
import type { CheckKind } from './check-kind.ts';
import { command } from './command.ts';
import { configDrift } from './config-drift.ts';
import { http } from './http.ts';
import { job } from './job.ts';
import { logs } from './logs.ts';
import { pods } from './pods.ts';
import { prometheus } from './prometheus.ts';
import { rollout } from './rollout.ts';
import { sql } from './sql.ts';
import { version } from './version.ts';

const all: readonly CheckKind<unknown>[] = [
  alerts,
  command,
  configDrift,
  http,
  job,
  logs,
  pods,
  prometheus,
  rollout,
  sql,
  version,
];

export const checkKinds: ReadonlyMap<string, CheckKind<unknown>> = new Map(
  all.map((kind) => [kind.name, kind]),
);
