// The gate `backup`: what a rollback may need to fall back on is there, fresh, not empty and whole, before anything
// changes. A backup that is found missing afterwards is none.

import { basename, resolve } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { BackupSpec } from '../../plan/plan.ts';
import type { FileFacts, FoundFile } from '../../ports/file-facts.ts';
import { formatDuration } from '../../values/durations.ts';
import { checksumFor } from '../checksum-file.ts';
import type { Gate, GateFinding, GateSubject } from './gate.ts';

/** For reading a backup through, ms: below what a gate has. */
const longestReadMs = 8_000;
const maxChecksumBytes = 1024 * 1024;
const mostChecksumFiles = 100;

export type Wholeness =
  | { readonly state: 'not-asked' }
  | { readonly state: 'right' }
  | { readonly state: 'wrong' }
  /** No checksum for this file, and where it was looked for. */
  | { readonly state: 'no-checksum'; readonly where: string }
  | { readonly state: 'unknown'; readonly why: string };

export type BackupFacts = {
  readonly spec: Pick<BackupSpec, 'name' | 'file' | 'newerThanMs'>;
  /** The newest that fits; or why the disk could not be asked. */
  readonly found: FoundFile | undefined | { readonly why: string };
  readonly wholeness: Wholeness;
  /** Milliseconds since 1970. */
  readonly now: number;
};

export const backup: Gate<readonly BackupFacts[]> = {
  name: 'backup',
  summary: 'Backups that the plan names are there, fresh, not empty, and what their checksum says.',
  override: 'stale-backup',
  async collect(subject) {
    const names = subject.components.map(({ name }) => name);
    const asked = [...subject.plan.backups.values()].filter((each) => isAsked(each, names));
    return await Promise.all(asked.map((spec) => lookAt(spec, subject)));
  },
  judge: (facts) => facts.map(judgeBackup),
};

/** One that is for no component in particular is for all. */
export function isAsked(spec: Pick<BackupSpec, 'for'>, components: readonly string[]): boolean {
  return spec.for.length === 0 || spec.for.some((name) => components.includes(name));
}

async function lookAt(spec: BackupSpec, subject: GateSubject): Promise<BackupFacts> {
  const { context, files } = subject;
  const now = context.clock.now().getTime();
  try {
    const [newest] = await files.find(resolve(context.workspace, spec.file));
    const wholeness: Wholeness =
      newest === undefined || newest.bytes === 0
        ? { state: 'not-asked' }
        : await compare(newest, spec, subject).catch((thrown: unknown) => ({
            state: 'unknown' as const,
            why: messageOf(thrown),
          }));
    return { spec, now, found: newest, wholeness };
  } catch (thrown) {
    return { spec, now, found: { why: messageOf(thrown) }, wholeness: { state: 'not-asked' } };
  }
}

async function compare(
  file: FoundFile,
  { checksum }: BackupSpec,
  { context, files, signal }: GateSubject,
): Promise<Wholeness> {
  if (checksum === undefined) return { state: 'not-asked' };
  const wanted = await wantedFor(file.path, resolve(context.workspace, checksum), files);
  if (wanted === undefined) return { state: 'no-checksum', where: checksum };
  const over = new AbortController();
  try {
    const late = context.clock
      .sleep(longestReadMs, AbortSignal.any([signal, over.signal]))
      .then(() => undefined);
    const digest = await Promise.race([files.sha256(file.path, over.signal), late]);
    if (digest === undefined)
      return { state: 'unknown', why: `reading it takes longer than ${formatDuration(longestReadMs)}` };
    return { state: digest === wanted ? 'right' : 'wrong' };
  } finally {
    over.abort();
  }
}

async function wantedFor(path: string, pattern: string, files: FileFacts): Promise<string | undefined> {
  for (const each of (await files.find(pattern)).slice(0, mostChecksumFiles)) {
    const found = checksumFor(path, await files.text(each.path, maxChecksumBytes));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Pure. */
export function judgeBackup({ spec, found, wholeness, now }: BackupFacts): GateFinding {
  const { name, file, newerThanMs } = spec;
  const refuse = (detail: string, hint: string): GateFinding => ({
    state: 'refuse',
    subject: name,
    detail,
    hint,
  });
  if (found === undefined)
    return refuse(
      `there is no ${file}`,
      'Take a backup, or put it where the plan looks for it, then press again.',
    );
  if ('why' in found) {
    const hint = 'Let the account of this job read the folder, or look yourself.';
    return { state: 'unknown', subject: name, detail: `${file} can't be looked at: ${found.why}`, hint };
  }
  const what = basename(found.path);
  if (found.bytes === 0)
    return refuse(`${what} is empty`, 'Take a new backup, and look why this one failed.');
  const ageMs = Math.max(0, now - found.changedAt);
  const age = `${formatAge(ageMs)} old`;
  if (newerThanMs !== undefined && ageMs > newerThanMs)
    return refuse(`${what} is ${age}, older than ${formatDuration(newerThanMs)}`, 'Take a new backup.');
  switch (wholeness.state) {
    case 'wrong':
      return refuse(
        `${what} is not what its checksum says: damaged, or written since`,
        'Take a new backup with its checksum; do not restore this one unseen.',
      );
    case 'no-checksum':
      return refuse(
        `there is no checksum for ${what} in ${wholeness.where}`,
        `Write it beside the backup: sha256sum ${what} > ${what}.sha256`,
      );
    case 'unknown':
      return {
        state: 'unknown',
        subject: name,
        detail: `${what} is ${age}; whether it is whole is not known: ${wholeness.why}`,
        hint: 'Compare yourself: sha256sum --check',
      };
    case 'right':
    case 'not-asked': {
      const whole = wholeness.state === 'right' ? ', its checksum is right' : '';
      return { state: 'pass', subject: name, detail: `${what} is ${age}, ${found.bytes} bytes${whole}` };
    }
  }
}

/** Nobody asks for the milliseconds of a backup. */
function formatAge(milliseconds: number): string {
  return formatDuration(Math.floor(milliseconds / 1000) * 1000);
}
