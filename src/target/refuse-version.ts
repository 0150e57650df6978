// How a version is refused: the reason, the versions and snapshots to choose from, and the words to type.

import type { ReasonCode } from '../errors.ts';
import type { Quarantined } from '../state/ledger.ts';
import type { Candidate, History, Reading, Version } from '../values/version.ts';
import { differs, leftBehind, mayReturnTo } from './history-rules.ts';

export type Choice =
  | { readonly type: 'go'; readonly to: Version; readonly because: string }
  | { readonly type: 'already-there'; readonly to: Version; readonly because: string }
  | { readonly type: 'refuse'; readonly code: ReasonCode; readonly message: string; readonly hint: string };

/** How many candidates a refusal lists: enough to choose from, few enough to read at 3 a.m. */
const shownCandidates = 8;

/** What the ledger and the person say about this component's versions. */
export type Standing = {
  /** The entry of this content, if a rollback left it and nobody lifted that. */
  readonly quarantined: (digest: string) => Quarantined | undefined;
  /** The person said: go there all the same. Only for versions by name. */
  readonly unverifiedTarget: boolean;
  /** The command that lifts an entry. */
  readonly liftCommand: (entry: Quarantined) => string;
};

/** Without a ledger. */
export const nothingKnown: Standing = {
  quarantined: () => undefined,
  unverifiedTarget: false,
  liftCommand: () => '',
};

export type About = {
  readonly component: string;
  readonly reading: Reading;
  readonly history: History;
  readonly standing: Standing;
};

/** Whether the machine may choose it. */
export function isOpen(candidate: Candidate, standing: Standing): boolean {
  return mayReturnTo(candidate) && standing.quarantined(candidate.digest) === undefined;
}

export function inQuarantine(wanted: string, entry: Quarantined, about: About): Choice {
  const { component, standing } = about;
  const choice = refuse(
    'version-quarantined',
    `${wanted} is content of ${component} that incident ${entry.incident} rolled back from (${entry.label}, ${entry.at}, ${entry.by})`,
    about,
  );
  const ways = [
    'To go there all the same: override: unverified-target',
    `If it was not to blame, lift it: ${standing.liftCommand(entry)}`,
  ];
  return { ...choice, hint: [...ways, choice.hint].join('\n') };
}

export function refuse(
  code: ReasonCode,
  message: string,
  about: About,
  more: string | undefined = undefined,
): Extract<Choice, { readonly type: 'refuse' }> {
  const hint = [...(more === undefined || more === '' ? [] : [more]), candidatesHint(about)].join('\n');
  return { type: 'refuse', code, message, hint };
}

/** The list a person chooses from, and the line to type. */
function candidatesHint({ component, reading, history, standing }: About): string {
  const left = leftBehind(history);
  const open = history.filter(
    (candidate) => isOpen(candidate, standing) && !left.has(candidate.id) && differs(candidate, reading),
  );
  const lines = history.slice(0, shownCandidates).map((candidate) => {
    const away = left.has(candidate.id) ? 'rolled back from' : candidate.standing;
    const known = standing.quarantined(candidate.digest) === undefined ? away : 'in quarantine';
    const shown = candidate.id === reading.version.id ? 'live' : known;
    return `  ${candidate.id}  ${shown}  ${candidate.label}${candidate.at === undefined ? '' : `, ${candidate.at}`} (${candidate.because})`;
  });
  const more =
    history.length > shownCandidates ? [`  … and ${history.length - shownCandidates} older ones`] : [];
  const first = open[0];
  const advice =
    first === undefined
      ? `Nothing else of ${component} can be returned to by the machine; deploy a good version instead.`
      : `Give the version by name, for example: to: ${component}=${first.id}`;
  return [`Versions of ${component}, newest first:`, ...lines, ...more, advice].join('\n');
}
