// What `init` says of an `auto_rollback` file: every setting of it stands in one of these lists. Pure.

import { type DraftRules, severityName } from './auto-rollback-rules.ts';
import { asDuration, timeoutSeconds, windowSeconds } from './auto-rollback-text.ts';
import { visible } from './yaml-text.ts';

export type RulesTold = {
  /** Works as the plan stands. */
  readonly taken: readonly string[];
  /** Stands in the plan as a comment, or is set elsewhere. */
  readonly yours: readonly string[];
  /** Is nowhere, each with the reason. */
  readonly left: readonly string[];
};

/** Lines for the terminal. */
export function tellRules(rules: DraftRules): readonly string[] {
  const { taken, yours, left } = sortRules(rules);
  return [
    ...listed(`Taken over from ${rules.file}`, taken),
    ...listed('Left to you, as comments in the plan', yours),
    ...listed('Not taken over', left),
  ];
}

export function sortRules(rules: DraftRules): RulesTold {
  const { content, triggers, action } = rules;
  const { safety_checks: safety, rollback_timeout_seconds: timeout } = content;
  const live = triggers.filter(({ url }) => url !== undefined);
  const open = triggers.filter(({ url }) => url === undefined);
  const differs = triggers.flatMap(({ name, differs: how }) =>
    how === undefined ? [] : [`${name}: ${how}`],
  );
  const why = {
    rollback: 'enabled',
    prepare: 'require_manual_confirmation',
    monitor: 'enabled: false',
  }[action];
  return {
    taken: [
      ...live.map(
        ({ name, said, failures, every, url }) =>
          `${said}: trigger ${name}, ${failures} failing looks in a row, ${every} apart, of ${url}`,
      ),
      `${why}: severity ${severityName} with action: ${action}`,
      ...(timeout === undefined
        ? []
        : [`rollback_timeout_seconds ${timeout}: recover-within: ${asDuration(timeout)}`]),
      ...(safety.verify_previous_version_healthy
        ? ['verify_previous_version_healthy: to: last-good, and the gate that asks for images']
        : []),
    ],
    yours: [
      ...open.map(({ name, said }) => `${said}: say what is asked, and switch trigger ${name} on`),
      ...differs,
      ...(live.length > 0
        ? ['a metrics API that does not answer counts as failing: compare the queries for Prometheus']
        : []),
      ...(rules.longestSeconds > 300
        ? [`the slowest trigger: window: ${asDuration(windowSeconds(rules))} in the workflow`]
        : []),
      ...(timeout === undefined
        ? []
        : [`what ends a run: timeout: ${asDuration(timeoutSeconds(rules, timeout))} in the workflow`]),
      ...(safety.verify_backup_exists ? ['verify_backup_exists: name the file below backups'] : []),
      ...(safety.verify_rollback_tested
        ? ['verify_rollback_tested: drill.every, and a heartbeat that looks: --callers drill,heartbeat']
        : []),
      ...(content.rollback_script === undefined
        ? []
        : [`rollback_script ${content.rollback_script}: read it; it is not run`]),
      ...(content.notification_channels.length === 0
        ? []
        : [`notification_channels ${content.notification_channels.join(', ')}: a step of your workflow`]),
    ],
    left: [
      ...(content.operation_id === undefined
        ? []
        : [`operation_id ${content.operation_id}: every run has an incident of its own`]),
      ...(content.permit_id === undefined
        ? []
        : [`permit_id ${content.permit_id}: it is of one deploy, and a plan is of all`]),
      ...(content.enabled || !content.require_manual_confirmation
        ? []
        : ['require_manual_confirmation: with enabled: false there is nothing to confirm']),
      ...Object.entries(safety).flatMap(([name, wanted]) =>
        wanted ? [] : [`${name}: false, so there is nothing to check`],
      ),
    ],
  };
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${visible(line)}`)];
}
