// What a component can be at: the words `read`, `history` and the resolution of `to` share.

import type { JsonObject } from './json.ts';

/** One version of one component. */
export type Version = {
  /** What a person types in `to: api=7`: a Helm revision, a git tag, a colour. Unique within the component. */
  readonly id: string;
  /** Other words a person may type for it, such as the version of the application: `2.4.1`. Need not be unique: where contents differ, the word is refused. */
  readonly names?: readonly string[];
  /** One line for people: `revision 7 (shop-api-1.3.0, app 2.1.0)`. */
  readonly label: string;
  /** Identity of the content (`sha256:…`). Equal digests mean that the same thing would be live. */
  readonly digest: string;
  /** When it was put out, RFC 3339 UTC, where the world tells. */
  readonly at?: string;
};

/** A place the component could go back to, and whether it may. */
export type Candidate = Version & {
  /** `deployed`: was put out successfully once. `failed`/`pending`: never was, never chosen. `gone`: its content can't be had any more. */
  readonly standing: 'deployed' | 'failed' | 'pending' | 'gone';
  /** Why it stands so, in a few words: `superseded`, `upgrade failed: timed out`. */
  readonly because: string;
  /** The version whose content this one put back, if it is itself the result of a rollback. */
  readonly rolledBackTo?: string;
};

/** All of a component's versions, newest first. The live one is among them if its history knows it. */
export type History = readonly Candidate[];

export type Health = 'healthy' | 'progressing' | 'unhealthy' | 'unknown';

/** What a component is now. */
export type Reading = {
  readonly version: Version;
  readonly health: Health;
  /** One line for people on the health: `2 of 3 pods ready`. */
  readonly detail: string;
  /**
   * Set when what is live was put there by a rollback and nothing was deployed since:
   * pressing again must not go further back.
   */
  readonly rolledBackTo?: string;
  /** Set when some other operation is in flight (a pending Helm operation, say); one line on what and since when. */
  readonly busy?: string;
  /**
   * Set when a rollback to `to` has begun and has not ended: part of it is there, part is not.
   * Pressing again finishes it before anything else.
   */
  readonly unfinished?: { readonly to: string; readonly because: string };
  /** Set when the last operation did not finish, so that what runs may be a mixture; one line on why. */
  readonly partial?: string;
  readonly facts: JsonObject;
};

/** From and to of one component, pinned when the incident starts and never chosen again. */
export type PinnedChange = {
  readonly component: string;
  readonly from: Version;
  readonly to: Version;
};
