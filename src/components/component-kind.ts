// The verbs a component kind has: how to read it, where it can go, and how to take it there.
// Adding one: a file beside this, a line in `registry.ts`, a page in `docs/kinds/`, an example.

import type { z } from 'zod';
import type { KindContext } from '../ports.ts';
import type { Captured, Prepared, Probe, Requirement, Verification } from '../values/operation.ts';
import type { History, PinnedChange, Reading } from '../values/version.ts';

export interface ComponentKind<With> {
  /** What stands after `uses:`. */
  readonly name: string;
  readonly summary: string;
  /** Strict; every key described. Used twice: on the plan as written, and on the values after expressions. */
  readonly schema: z.ZodType<With>;
  /** Longest time one `goTo` plus its verification may take unless the plan says otherwise, in ms. */
  readonly timeoutMs: number;

  /** Tools and permissions this component needs, so that preflight can prove them before anything changes. */
  requires(settings: With): readonly Requirement[];
  /** What is live now. Throws `component-missing` when there is nothing, `component-unreadable` when the answer makes no sense. */
  read(context: KindContext, settings: With): Promise<Reading>;
  /** Where it could go, newest first, with each version's standing. */
  history(context: KindContext, settings: With): Promise<History>;
  /**
   * Whether its history is what was live here, one after the other. Without it, it is what there is to choose from, like
   * the tags of git.
   */
  tellsWhatWasLive?(settings: With): boolean;
  /** The exact operations that take it from `from` to `to`, and what they would change. Changes nothing itself. */
  goTo(context: KindContext, settings: With, change: PinnedChange): Promise<Prepared>;
  /** State worth keeping before the change. Secret values are never part of it. */
  capture(context: KindContext, settings: With): Promise<Captured>;
  /** After a crash: is the component already at `to`? */
  probe(context: KindContext, settings: With, change: PinnedChange): Promise<Probe>;
  /** Is `to` live and serving? One look; the engine repeats it until it settles or time is up. */
  verify(context: KindContext, settings: With, change: PinnedChange): Promise<Verification>;
  /** How to leave the world sane when the change failed half-way, where that makes sense. */
  compensate?(context: KindContext, settings: With, change: PinnedChange): Promise<Prepared>;
}
