// What is said when the lock is somebody else's, or no longer ours.

import { RollbackPlanError } from '../errors.ts';
import type { LockRecord } from '../ports/state.ts';

export function lockedFault(
  holder: LockRecord,
  because: 'alive' | 'other-fence',
  whereToRead: string,
): RollbackPlanError {
  const why =
    because === 'alive'
      ? `another run acts: ${whoIs(holder)}`
      : `the lock is not the one that was to be taken: its fence is ${holder.fence}, held by ${whoIs(holder)}`;
  return new RollbackPlanError('locked', why, {
    hint: [
      `Wait for it, or end it: ${holder.holder}`,
      `If it is certainly dead: override: take-lock:${holder.fence}`,
      `Look at the lock: ${whereToRead}`,
    ].join('\n'),
    facts: { holder: holder.holder, fence: holder.fence, incident: holder.incident },
  });
}

export function lostFault(why: string, whereToRead: string, cause?: unknown): RollbackPlanError {
  const mend = cause instanceof RollbackPlanError ? [cause.hint] : [];
  return new RollbackPlanError('lock-lost', why, {
    hint: [`Nothing further was started. Look who acts now, then press again: ${whereToRead}`, ...mend].join(
      '\n',
    ),
    cause,
  });
}

/** Somebody else's record, or none, where ours should be. */
export function whoHasIt(found: LockRecord | undefined): string {
  if (found === undefined) return 'the lock was deleted';
  if (found.holder === '') return `the lock was given back by somebody else (fence ${found.fence})`;
  return `the lock was taken by ${whoIs(found)}`;
}

/** `https://… (incident INC-7, fence 3, renewed 2026-11-21T10:00:00.000Z by its own clock)` */
export function whoIs(record: LockRecord): string {
  const about = [
    ...(record.incident === '' ? [] : [`incident ${record.incident}`]),
    `fence ${record.fence}`,
    ...(record.renewedAt === '' ? [] : [`renewed ${record.renewedAt} by its own clock`]),
  ];
  return `${record.holder} (${about.join(', ')})`;
}
