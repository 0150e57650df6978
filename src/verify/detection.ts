// How soon a bad deploy is noticed, worked out from the plan alone: no look is made.

import type { CheckKind } from '../checks/check-kind.ts';
import type { Part, PatienceSpec, Plan } from '../plan/plan.ts';
import { formatDuration } from '../values/durations.ts';
import { defaultEveryMs, defaultWithinMs } from './bind-checks.ts';

export type Detection = {
  /** As the watch calls it. */
  readonly name: string;
  /**
   * From when it is bad for good, and a look could say so, to the last failing look that it takes: ms. Time that one look
   * takes, and that a scrape takes to come by, are not in it.
   */
  readonly afterMs: number;
  /** What it is made of: `3 looks, every 10 s`. */
  readonly because: readonly string[];
  /** Set where the severity of the trigger wants the service back sooner than that. */
  readonly lateFor?: { readonly severity: string; readonly recoverWithinMs: number };
};

/** Checks and triggers in the order of the plan. An alert is noticed by whoever sends it, so it is not among them. */
export function detectionOf(
  plan: Pick<Plan, 'verify' | 'triggers' | 'severities'>,
  kinds: ReadonlyMap<string, CheckKind<unknown>>,
): readonly Detection[] {
  const checks = plan.verify
    .filter(({ after }) => after !== 'rollback')
    .map((check): Detection => {
      const { name, patience, everyMs = defaultEveryMs, withinMs = defaultWithinMs } = check;
      const { afterMs, because } = looksOf([check], patience, everyMs, kinds);
      const start = `${formatDuration(withinMs)} more if it was never healthy`;
      return { name, afterMs, because: [...because, start] };
    });
  const triggers = [...plan.triggers.values()].map((trigger): Detection => {
    const { name, checks, patience, everyMs, severity } = trigger;
    const found = { name: `trigger ${name}`, ...looksOf(checks, patience, everyMs, kinds) };
    const recoverWithinMs =
      severity === undefined ? undefined : plan.severities.get(severity)?.recoverWithinMs;
    if (severity === undefined || recoverWithinMs === undefined || found.afterMs < recoverWithinMs)
      return found;
    return { ...found, lateFor: { severity, recoverWithinMs } };
  });
  return [...checks, ...triggers];
}

function looksOf(
  parts: readonly Part[],
  { failures, delayMs }: PatienceSpec,
  everyMs: number,
  kinds: ReadonlyMap<string, CheckKind<unknown>>,
): Pick<Detection, 'afterMs' | 'because'> {
  const { limit, of } = failures;
  const looks = limit === of ? `${limit}` : `${limit} of ${of}`;
  // All have to fail, so it is noticed with the slowest of them.
  const back = parts.flatMap((part) => {
    const kind = kinds.get(part.uses);
    return kind?.averages === true ? (kind.looksBackMs?.(part.with) ?? 0) : [];
  });
  const backMs = back.length === 0 ? undefined : Math.max(...back);
  return {
    // At worst it turned bad right after a look.
    afterMs: limit * everyMs + (backMs ?? 0),
    because: [
      `${looks} ${limit === 1 && of === 1 ? 'failing look' : 'failing looks'}, one every ${formatDuration(everyMs)}`,
      ...(parts.length === 1 ? [] : [`all ${parts.length} checks in the same look`]),
      ...(backMs === undefined || backMs === 0 ? [] : [`its query looks back ${formatDuration(backMs)}`]),
      ...(backMs === undefined ? [] : ['and a scrape has to come by']),
      ...(delayMs === 0 ? [] : [`no look in the first ${formatDuration(delayMs)} of the watch`]),
    ],
  };
}

/** For a terminal: a line each; empty where nothing is watched. */
export function renderDetection(found: readonly Detection[]): string {
  if (found.length === 0) return '';
  const width = Math.max(...found.map(({ name }) => name.length));
  const lines = found.map(
    (each) =>
      `  ${each.name.padEnd(width)}  ${formatDuration(each.afterMs)}: ${each.because.join(', ')}${lateness(each)}`,
  );
  return `A bad deploy is noticed at the latest after\n${lines.join('\n')}\n`;
}

function lateness({ lateFor }: Detection): string {
  if (lateFor === undefined) return '';
  const { severity, recoverWithinMs } = lateFor;
  return `. TOO LATE: ${severity} wants the service back within ${formatDuration(recoverWithinMs)}`;
}

/** For a terminal: what people have to see themselves; empty where there is nothing of that sort. */
export function renderDeclared({ declared }: Pick<Plan, 'declared'>): string {
  if (declared.size === 0) return '';
  const width = Math.max(...[...declared.keys()].map((name) => name.length));
  const lines = [...declared.values()].map(({ name, severity, scenario, declared: text }) => {
    const says = [severity, scenario === undefined ? undefined : `scenario ${scenario}`].filter(
      (part) => part !== undefined,
    );
    const shown = says.length === 0 ? '' : ` (${says.join(', ')})`;
    return `  ${name.padEnd(width)}  ${text.trim().replaceAll(/\s+/g, ' ')}${shown}`;
  });
  return `No machine measures these; a person presses the button and names one (input trigger):\n${lines.join('\n')}\n`;
}
