// What an `auto_rollback` file means for a plan: each metric a trigger that has to be bad for a while, and what the machine
// may do about it. Pure; `auto-rollback-text.ts` writes it down.

import { formatDuration } from '../values/durations.ts';
import {
  type AutoRollback,
  type AutoRollbackTrigger,
  everySeconds,
  healthMetric,
  healthyWhen,
  type Unit,
  unitOf,
} from './auto-rollback.ts';

export type DraftTrigger = {
  /** Name in the plan: the metric, with a number where it stands there twice. */
  readonly name: string;
  readonly metric: string;
  readonly unit: Unit;
  /** What has to be true of the number, as `expect` writes it: `<= 0.01`. Absent where failing looks are counted. */
  readonly health: string | undefined;
  /** Where the metrics API has it; absent where that was not said, or where a person has to say what is asked. */
  readonly url: string | undefined;
  readonly every: string;
  /** Failing looks in a row that call. */
  readonly failures: number;
  /** What the file said: `error_rate greater_than 0.01 (1 %) for 120 s`. */
  readonly said: string;
  /** What is not exactly as in the file. */
  readonly differs: string | undefined;
};

export type DraftRules = {
  /** Path of the file, as it was given. */
  readonly file: string;
  readonly content: AutoRollback;
  readonly triggers: readonly DraftTrigger[];
  readonly action: 'rollback' | 'prepare' | 'monitor';
  /** Seconds from the first look until the slowest trigger can call. */
  readonly longestSeconds: number;
};

/** Of all triggers taken over: what the machine may do about them. */
export const severityName = 'auto-rollback';

/** `metricsUrl`: without a slash at its end. */
export function rulesOf(
  content: AutoRollback,
  { file, metricsUrl }: { readonly file: string; readonly metricsUrl: string | undefined },
): DraftRules {
  const seen = new Map<string, number>();
  const triggers = content.triggers.map((trigger) => {
    const count = (seen.get(trigger.metric) ?? 0) + 1;
    seen.set(trigger.metric, count);
    const name = count === 1 ? trigger.metric : `${trigger.metric}-${count}`;
    return draftTrigger(name, trigger, metricsUrl);
  });
  const longest = content.triggers.map(({ duration_seconds: seconds = 0 }) => seconds);
  return {
    file,
    content,
    triggers,
    action: actionOf(content),
    longestSeconds: Math.max(...longest),
  };
}

function actionOf(content: AutoRollback): DraftRules['action'] {
  if (!content.enabled) return 'monitor';
  return content.require_manual_confirmation ? 'prepare' : 'rollback';
}

function draftTrigger(
  name: string,
  trigger: AutoRollbackTrigger,
  metricsUrl: string | undefined,
): DraftTrigger {
  const { metric, threshold, comparison, duration_seconds: seconds } = trigger;
  const unit = unitOf(metric);
  if (seconds === undefined) {
    return {
      name,
      metric,
      unit,
      health: undefined,
      url: undefined,
      every: `${everySeconds}s`,
      failures: threshold,
      said: `${metric} ${comparison} ${threshold}, consecutive`,
      differs:
        comparison === 'greater_than'
          ? `${threshold} failing looks in a row call; read to the letter, greater_than ${threshold} is one more`
          : undefined,
    };
  }
  const { failures, spanSeconds } = looksThatSpan(seconds);
  const every = Math.min(seconds, everySeconds);
  return {
    name,
    metric,
    unit,
    health: `${healthyWhen[comparison]} ${threshold}`,
    url: metricsUrl === undefined ? undefined : `${metricsUrl}/${metric}`,
    every: `${every}s`,
    failures,
    said: `${metric} ${comparison} ${inUnit(threshold, unit)} for ${seconds} s`,
    differs:
      spanSeconds === seconds
        ? undefined
        : `${failures} looks ${every} s apart span ${formatDuration(spanSeconds * 1000)}, not ${seconds} s`,
  };
}

/** Both ends are looks: 120 s are five of them, 30 s apart. Never a shorter time than the file has. */
export function looksThatSpan(seconds: number): { readonly failures: number; readonly spanSeconds: number } {
  const every = Math.min(seconds, everySeconds);
  const intervals = Math.ceil(seconds / every);
  return { failures: intervals + 1, spanSeconds: intervals * every };
}

function inUnit(threshold: number, unit: Unit): string {
  if (unit === 'ratio') return `${threshold} (a ratio: ${Number((threshold * 100).toPrecision(12))} %)`;
  return unit === 'ms' || unit === 's' ? `${threshold} (${unit})` : `${threshold} (unit as measured)`;
}

/** Something to begin with, in the words of the metrics that most services have. */
export function queryFor({ metric }: Pick<DraftTrigger, 'metric'>): string {
  if (metric === 'error_rate')
    return 'sum(rate(http_requests_total{code=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))';
  const percentile = /^latency_p(\d{2,3})$/.exec(metric)?.[1];
  if (percentile !== undefined)
    return `1000 * histogram_quantile(0.${percentile}, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))`;
  return metric;
}

/** Whether it is counted by looks at the service itself. */
export function isCounted({ metric }: Pick<DraftTrigger, 'metric'>): boolean {
  return metric === healthMetric;
}
