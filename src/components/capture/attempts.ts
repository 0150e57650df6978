// Reads that may fail without stopping anything: what could not be had is noted, once per reason.

import { toRollbackPlanError } from '../../errors.ts';

export type Attempts = {
  /** The answer, or `undefined` and a line in `lacking`. */
  read<T>(what: string, answer: () => Promise<T>): Promise<T | undefined>;
  note(line: string): void;
  /** `logs of pod a: the API server refused …`; several of one reason are one line. */
  lacking(): readonly string[];
};

const shownNames = 3;

export function createAttempts(signal: AbortSignal): Attempts {
  const failed = new Map<string, string[]>();
  const notes: string[] = [];
  return {
    async read(what, answer) {
      if (!signal.aborted) {
        try {
          return await answer();
        } catch (thrown) {
          if (!signal.aborted) {
            const why = toRollbackPlanError(thrown).message;
            failed.set(why, [...(failed.get(why) ?? []), what]);
            return undefined;
          }
        }
      }
      failed.set(outOfTime, [...(failed.get(outOfTime) ?? []), what]);
      return undefined;
    },
    note: (line) => void notes.push(line),
    lacking: () => [
      ...notes,
      ...[...failed].map(([why, names]) => {
        const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : '';
        return `${names.slice(0, shownNames).join(', ')}${more}: ${why}`;
      }),
    ],
  };
}

const outOfTime = 'no answer before the time for keeping things was over';
