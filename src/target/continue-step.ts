// Whether a step of a continued incident is done again: facts of the page in, a decision with its reason out. ADR 0016.

import type { StepHistory } from '../state/step-histories.ts';
import type { JsonObject } from '../values/json.ts';
import type { Probe } from '../values/operation.ts';

export type StepFacts = {
  /** What the page tells; `undefined` when it does not know the step. */
  readonly history: StepHistory | undefined;
  /** Its `if`, or its phase's, names a status function: performed at every press. */
  readonly cleanup: boolean;
  /** Of its settings now; `undefined` where they can't be computed before the run. */
  readonly identity: string | undefined;
  /** `undefined` as long as the kind was not asked. */
  readonly probe: Probe | undefined;
  /** What a person said. */
  readonly override: 'skip' | 'repeat' | undefined;
};

export type StepDecision =
  | { readonly type: 'perform'; readonly because: string; readonly overridden?: true }
  | {
      readonly type: 'leave';
      readonly because: string;
      readonly outputs: JsonObject;
      readonly overridden?: true;
    }
  /** The page does not tell; the kind has to be asked, and then this function again. */
  | { readonly type: 'ask-kind' }
  | { readonly type: 'undecided'; readonly evidence: string };

export function decideStep({ history, cleanup, identity, probe, override }: StepFacts): StepDecision {
  if (cleanup) return perform('a cleanup runs at every press');
  if (history === undefined) return perform('it was not begun');
  const other = identity !== undefined && history.identity !== undefined && identity !== history.identity;
  const open = history.state === 'unknown' && !history.repeatable;
  // What may have happened is not made undone by other settings.
  if (other && !open) return perform('its settings are others than those it was done with');
  if (history.state === 'failed') return perform('it failed, or had not begun');
  if (history.state === 'succeeded' && !history.cleanedSince) return leave(history.told, history);
  if (history.state === 'unknown' && !open) return perform('it may be done twice');

  if (probe === undefined) return { type: 'ask-kind' };
  if (probe.state === 'done') return leave(`${history.told}: ${probe.evidence}`, history);
  if (probe.state === 'not-done') return perform(`not done: ${probe.evidence}`);
  if (override === 'repeat') return { ...perform('a person said to repeat it'), overridden: true };
  if (override === 'skip') {
    return { ...leave(`a person said that it is ${history.told}`, history), overridden: true };
  }
  const since = history.cleanedSince ? '; a cleanup has run since' : '';
  const changed = other ? '; its settings were others then' : '';
  return { type: 'undecided', evidence: `${history.evidence}${since}${changed}; ${probe.evidence}` };
}

function perform(because: string): Extract<StepDecision, { readonly type: 'perform' }> {
  return { type: 'perform', because };
}

function leave(because: string, { outputs }: StepHistory): Extract<StepDecision, { readonly type: 'leave' }> {
  return { type: 'leave', because, outputs };
}
