// The keys of a plan that only gates ask about: registries, backups, and the point of no return.

import { z } from 'zod';
import { duration } from '../values/durations.ts';
import { name, variableName } from '../values/names.ts';

const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::[0-9]{1,5})?$/;
const secretName = 'one of `secrets`';

export const registry = z
  .strictObject({
    host: z
      .string()
      .regex(hostPattern, 'the host of a registry has no scheme and no path: `ghcr.io`, `registry:5000`')
      .describe(
        'Host, and port if it has one, as in the references of images: `ghcr.io`. Docker Hub is `docker.io`.',
      ),
    username: z.string().min(1).max(200).optional().describe('User name, if it is no secret.'),
    'username-secret': variableName.optional().describe(`Secret that holds the user name; ${secretName}.`),
    'password-secret': variableName
      .optional()
      .describe(`Secret that holds the password or token; ${secretName}. It only has to read.`),
    insecure: z
      .boolean()
      .default(false)
      .describe('Ask over plain HTTP. This machine itself is always asked so.'),
  })
  .superRefine((given, context) => {
    const users = [given.username, given['username-secret']].filter((each) => each !== undefined);
    const issue = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (users.length === 2) issue('username-secret', '`username` is given already; keep one of the two');
    if (users.length > 0 && given['password-secret'] === undefined)
      issue(
        given.username === undefined ? 'username-secret' : 'username',
        'a user needs `password-secret`, too',
      );
    if (users.length === 0 && given['password-secret'] !== undefined)
      issue('password-secret', 'a password needs `username` or `username-secret`, too');
  });

const filePattern = z
  .string()
  .min(1)
  .max(1000)
  .superRefine((path, context) => {
    const reason = whyNotBackupPath(path);
    if (reason !== undefined) context.addIssue({ code: 'custom', message: reason, params: { rule: 'path' } });
  });

function whyNotBackupPath(path: string): string | undefined {
  if (path.startsWith('-')) return 'a path can not begin with `-`';
  if (/\p{Cc}/u.test(path)) return 'a path holds no control characters';
  const parts = path.split('/');
  if (parts.includes('..')) return 'a path can not hold `..`; write it from the root, or below the workspace';
  if (parts.includes('**')) return '`**` is not known; `*` and `?` stand for parts of one name';
  return path.endsWith('/') ? 'name the file, not its folder' : undefined;
}

export const backup = z.strictObject({
  file: filePattern.describe(
    'The backup: a path below the workspace, or an absolute one. `*` and `?` stand for parts of a name; the newest file that fits is looked at.',
  ),
  checksum: filePattern
    .optional()
    .describe(
      'File that `sha256sum` wrote. Its line for the backup has to be right; a single line without a name will do.',
    ),
  'newer-than': duration.optional().describe('How old the backup may be.'),
  for: z
    .array(name)
    .default([])
    .describe('Components whose rollback needs it. Default: every rollback does.'),
});

export const pointOfNoReturn = z.strictObject({
  check: z
    .strictObject({
      uses: z.string().min(1).describe('Name of the check kind.'),
      with: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Settings of the kind; which keys there are is up to the kind. May hold expressions.'),
    })
    .describe('What it expects is that the point is not yet passed. Without data it counts as passed.'),
  loses: z.string().min(1).max(2000).describe('What going back would lose once it is passed.'),
  'forward-fix': z.string().min(1).max(2000).describe('Where the way forward is written: a path or a URL.'),
});
