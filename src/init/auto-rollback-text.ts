// Sections of a generated plan that an `auto_rollback` file fills: triggers, what the machine may do about them, and as
// comments what only a person knows. Pure.

import { alertExample } from './afterwards-text.ts';
import { everySeconds } from './auto-rollback.ts';
import {
  type DraftRules,
  type DraftTrigger,
  isCounted,
  queryFor,
  severityName,
} from './auto-rollback-rules.ts';
import type { DraftComponent } from './draft.ts';
import { comment, scalar, switchedOff } from './yaml-text.ts';

const healthUrl = 'https://shop.example/health';

/** Live where the metrics API was named, else a comment as a whole: a key without a value would be a mistake. */
export function triggersText(rules: DraftRules): readonly string[] {
  const { file, triggers } = rules;
  const live = triggers.some(({ url }) => url !== undefined);
  const intro = [
    ...comment(
      `What calls for a rollback besides people, as ${file} had it. A threshold has to be passed for the whole time: in every look, one after the other.`,
    ),
    ...(rules.longestSeconds > 300
      ? comment(
          `The slowest takes ${rules.longestSeconds} s: watch for so long, \`window: ${asDuration(windowSeconds(rules))}\` in the workflow.`,
        )
      : []),
  ];
  if (!live) {
    return [
      ...intro,
      ...comment(
        'CHANGE THIS: nothing is measured until these stand here. The file does not say where the numbers are. Fill in address and queries, or let init do it for the metrics API: --metrics-url URL',
      ),
      ...switchedOff([
        'triggers:',
        ...triggers.flatMap((each) => [
          ...about(each, 2),
          ...indented(triggerLines(each, withPrometheus(each))),
        ]),
      ]),
      ...switchedOff(alertExample.slice(1)),
    ];
  }
  return [
    ...intro,
    ...comment(
      'Alerts of Alertmanager may call, too, as the last one here; they come in by a workflow: rollback-plan init --callers alert',
    ),
    'triggers:',
    ...triggers.flatMap((each) => [
      ...about(each, 2),
      ...(each.url === undefined
        ? switchedOff(triggerLines(each, withPrometheus(each)), 2)
        : [
            ...indented(
              triggerLines(each, [
                ...withHttp(each.url, each),
                '    # The API tells of the service and is not it.',
                '    no-answer: inconclusive',
              ]),
            ),
            ...comment('The same, asked of Prometheus. CHECK: the query is a guess.', 4),
            ...switchedOff(withPrometheus(each), 4),
          ]),
    ]),
    ...switchedOff(
      alertExample.slice(1).map((line) => line.trimStart()),
      2,
    ),
  ];
}

function about(trigger: DraftTrigger, indent: number): readonly string[] {
  const { said, failures, every, differs } = trigger;
  return [
    ...comment(`${said}: ${failures} failing looks in a row, ${every} apart.`, indent),
    ...(differs === undefined ? [] : comment(`CHECK: ${differs}.`, indent)),
    ...(isCounted(trigger)
      ? comment(
          'CHANGE THIS: the file does not say what is asked. Put the address of your health check in:',
          indent,
        )
      : []),
  ];
}

function triggerLines({ name, failures, every }: DraftTrigger, check: readonly string[]): readonly string[] {
  return [
    `${name}:`,
    ...indented(check),
    `  every: ${every}`,
    `  failures: ${failures}`,
    `  severity: ${severityName}`,
  ];
}

function withHttp(url: string, { health }: DraftTrigger): readonly string[] {
  return [
    'check:',
    '  uses: http',
    '  with:',
    `    url: ${scalar(url)}`,
    ...(health === undefined ? [] : [`    expect: { json: { value: ${scalar(health)} } }`]),
  ];
}

function withPrometheus(trigger: DraftTrigger): readonly string[] {
  const { health, unit } = trigger;
  if (health === undefined) return withHttp(healthUrl, trigger);
  return [
    'check:',
    '  uses: prometheus',
    '  with:',
    '    url: http://prometheus.monitoring:9090',
    `    query: ${scalar(queryFor(trigger))}`,
    `    unit: ${unit === 'ratio' || unit === 'ms' ? unit : 'count'}`,
    `    expect: ${scalar(health)}`,
  ];
}

/** The team's severities come before the one that the triggers have. */
export function rulesSeverityText(rules: DraftRules, others: readonly string[]): readonly string[] {
  const seconds = rules.content.rollback_timeout_seconds;
  const why = {
    rollback: 'The machine rolls back by itself.',
    prepare: '`require_manual_confirmation`: the machine shows what it would run, and a person presses.',
    monitor: '`enabled: false`: it is only told. `prepare` or `rollback` do more.',
  }[rules.action];
  return [
    ...comment('What the machine may do when a trigger calls, and how bad it is, the worst first.'),
    'severities:',
    // Above: one that only tells must not outrank what the team calls worst.
    ...switchedOff(
      others.slice(1).map((line) => line.trimStart()),
      2,
    ),
    `  ${severityName}:`,
    ...comment(why, 4),
    `    action: ${rules.action}`,
    ...(seconds === undefined
      ? []
      : [
          ...comment(
            `\`rollback_timeout_seconds\`. It stops nothing: the record compares. What ends a run is the input \`timeout\` of the workflow, for the watch and the rollback together: \`timeout: ${asDuration(timeoutSeconds(rules, seconds))}\``,
            4,
          ),
          `    recover-within: ${asDuration(seconds)}`,
        ]),
  ];
}

/** What safety checks, script and channels of the file are here. Sections; none is empty. */
export function otherRulesText(
  { content }: DraftRules,
  components: readonly DraftComponent[],
): readonly (readonly string[])[] {
  const { safety_checks: safety, rollback_script: script, notification_channels: channels } = content;
  return [
    ...(safety.verify_backup_exists
      ? [
          [
            ...comment(
              '`verify_backup_exists`. CHANGE THIS: the file does not say where the backup is, and until it stands here none is looked for. Then a rollback refuses without it.',
            ),
            ...switchedOff(backupsExample),
          ],
        ]
      : []),
    ...(safety.verify_previous_version_healthy
      ? [
          comment(
            '`verify_previous_version_healthy` needs no key: what does not run can’t be asked. `to: last-good` goes only to versions that a watch has found good together, and a gate asks whether their images are still there. Until the first quiet watch say yourself that what is live is good: `rollback-plan ledger seed`',
          ),
        ]
      : []),
    ...(script === undefined
      ? []
      : [
          [
            ...comment(
              `The rollback script was ${script}. It is not run: the components above go back without it. Read it; if it does more, keep only that in it, and switch this on:`,
            ),
            ...switchedOff(phasesExample(script, components)),
          ],
        ]),
    ...(channels.length === 0
      ? []
      : [
          comment(
            `Told until now: ${channels.join(', ')}. A key for notifications comes later; until then a step of your workflow tells them, behind \`if: failure()\`.`,
          ),
        ]),
  ];
}

export const backupsExample: readonly string[] = [
  'backups:',
  '  before-deploy: { file: /var/backups/shop-*.dump, newer-than: 24h }',
];

function phasesExample(script: string, components: readonly DraftComponent[]): readonly string[] {
  return [
    'phases:',
    '  - name: roll back',
    '    steps:',
    ...components.map(({ name }) => `      - rollback: ${scalar(name)}`),
    `      - run: ${scalar(script)}`,
  ];
}

/** What `verify_rollback_tested` is in a drill. */
export const testedLines: readonly string[] = ['every: 90d', 'overdue: fail'];

export function testedComment(indent = 0): readonly string[] {
  return comment(
    '`verify_rollback_tested`: `mode: heartbeat` is red when no drill was green for so long. The file has no time; this one is made up.',
    indent,
  );
}

/** At least the 5m that a watch takes by itself. */
export function windowSeconds({ longestSeconds }: DraftRules): number {
  return Math.max(300, Math.ceil((longestSeconds + everySeconds) / 60) * 60);
}

/** A run takes at most 6 h. */
export function timeoutSeconds(rules: DraftRules, seconds: number): number {
  const window = rules.longestSeconds > 300 ? windowSeconds(rules) : 300;
  return Math.min(6 * 3600, window + seconds);
}

export function asDuration(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
