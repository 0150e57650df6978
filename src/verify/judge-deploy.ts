// The verdict on a deploy that was watched: facts in, verdict out.

import type { WatchResult } from '../events.ts';
import type { Reading } from '../values/version.ts';
import type { Verdict } from './verdict.ts';

/** Nothing usable was measured: never a pass, and no reason to change anything. */
export function judgeBlind(seen: WatchResult): Verdict {
  return {
    outcome: 'inconclusive',
    fault: {
      code: 'check-inconclusive',
      message: `nobody knows whether the deploy is good: ${seen.because.join('; ')}`,
      hint: 'Nothing was changed. Mend what is named and verify again; if users suffer, press the button.',
    },
    failedStep: undefined,
  };
}

/** The deploy was bad; `taken` is how the rollback went. Green only where the caller said that a rollback is fine. */
export function judgeBadDeploy(
  seen: WatchResult,
  taken: Verdict,
  options: { readonly failOnRollback: boolean },
): Verdict {
  const because = seen.because.join('; ');
  switch (taken.outcome) {
    case 'rolled-back':
      return {
        outcome: 'rolled-back',
        green: !options.failOnRollback,
        fault: {
          code: 'deploy-rolled-back',
          message: `the deploy was bad and was rolled back: ${because}`,
          // Whether users are served again is for the checks to say, and a plan may have none.
          hint: 'Mend the deploy before it is put out once more.',
        },
        failedStep: undefined,
      };
    case 'already-there':
      return {
        outcome: 'failed',
        fault: {
          code: 'check-failed',
          message: `users do not see what the plan expects, and what is live is where the last rollback went: ${because}`,
          hint: 'Nothing was changed. To go further back, name the versions: to: component=version',
        },
        failedStep: undefined,
      };
    case 'planned':
      return {
        outcome: 'failed',
        fault: {
          code: 'check-failed',
          message: `the deploy is bad; this was a dry run, so nothing was rolled back: ${because}`,
          hint: 'The table says what a rollback would run. Press the button to do it.',
        },
        failedStep: undefined,
      };
    default: {
      const { fault } = taken;
      if (fault === undefined) return taken;
      return { ...taken, fault: { ...fault, message: `the deploy is bad (${because}); ${fault.message}` } };
    }
  }
}

/** People had time to mend it, and at its end all is well; whether by them or by itself nobody knows. */
export function judgeMended(seen: WatchResult, time: string): Verdict {
  return {
    outcome: 'inconclusive',
    fault: {
      code: 'check-inconclusive',
      message: `the deploy was bad, and is well again after the ${time} that people had to mend it: ${seen.because.join('; ')}`,
      hint: 'Nothing was rolled back, and nothing was noted as good. Verify what is live now.',
    },
    failedStep: undefined,
  };
}

/** The deploy is bad, and the plan leaves it to a person. `prepared`: how a dry run of the rollback went. */
export function judgeLeftToPerson(
  seen: WatchResult,
  prepared: Verdict | undefined,
  words: { readonly because: string; readonly press: string },
): Verdict {
  const message = `the deploy is bad, and it is left to a person (${words.because}): ${seen.because.join('; ')}`;
  const { fault } = prepared ?? {};
  if (fault !== undefined) {
    return {
      outcome: prepared?.outcome === 'interrupted' ? 'interrupted' : 'refused',
      fault: { ...fault, message: `${message}; a rollback would be refused: ${fault.message}` },
      failedStep: prepared?.failedStep,
    };
  }
  const shown = prepared === undefined ? '' : ' The table says what a rollback would run.';
  return {
    outcome: 'failed',
    fault: {
      code: 'person-decides',
      message,
      hint: `Nothing was changed.${shown} To roll back, press: ${words.press}`,
    },
    failedStep: undefined,
  };
}

/** Components whose content is not what it was before, as sentences. Put out again, the same content is still itself. */
export function whatMoved(
  before: ReadonlyMap<string, Pick<Reading, 'version'>>,
  now: ReadonlyMap<string, Pick<Reading, 'version'>>,
): readonly string[] {
  return [...now].flatMap(([name, { version }]) => {
    const then = before.get(name)?.version;
    if (then?.digest === version.digest) return [];
    return [`${name} was ${then?.label ?? 'not there'} and is ${version.label}`];
  });
}

/** Components that were put out after an alert began to fire (RFC 3339), as sentences. One without a time is not told. */
export function whatCameLater(
  since: string,
  now: ReadonlyMap<string, Pick<Reading, 'version'>>,
): readonly string[] {
  return [...now].flatMap(
    ([
      name,
      {
        version: { label, at },
      },
    ]) =>
      at !== undefined && Date.parse(at) > Date.parse(since)
        ? [`${name} ${label} was put out at ${at}, and the alert fires since ${since}`]
        : [],
  );
}

/** What was watched has to be what is live at the end, and whole; else nobody knows what was verified. */
export function judgeMoved(
  before: ReadonlyMap<string, Reading>,
  after: ReadonlyMap<string, Reading>,
  seen: WatchResult,
): Verdict | undefined {
  const moved = [...after].flatMap(([name, now]) => {
    const then = before.get(name);
    if (then?.version.digest === now.version.digest && then.version.id === now.version.id) return [];
    return [`${name} was ${then?.version.label ?? 'not there'} and is ${now.version.label}`];
  });
  const watched = `the checks passed for ${Math.round(seen.durationMs / 1000)} s`;
  if (moved.length > 0) {
    return nothingNoted(
      `${watched}, but not on one and the same deploy: ${moved.join('; ')}`,
      'Nothing was changed. Verify again once the other deploy is over.',
    );
  }
  const halfWay = [...after].flatMap(([name, { busy, partial, unfinished }]) => {
    const why = busy ?? partial ?? unfinished?.because;
    return why === undefined ? [] : [`${name}: ${why}`];
  });
  if (halfWay.length === 0) return undefined;
  return nothingNoted(
    `${watched}, but what is live is half-way: ${halfWay.join('; ')}`,
    'Nothing was changed. Finish that deploy or put it out again, then verify; if users suffer, press the button.',
  );
}

function nothingNoted(message: string, hint: string): Verdict {
  return { outcome: 'inconclusive', fault: { code: 'live-changed', message, hint }, failedStep: undefined };
}
