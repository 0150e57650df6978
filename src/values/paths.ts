// Paths in a plan: below the repository, written one way, never something a command could take for an option.

import { z } from 'zod';

/** Why a path can't be used, or `undefined` if it can. One trailing slash says "a folder" and is fine. */
export function whyNotRelative(path: string): string | undefined {
  if (path === '') return 'a path can not be empty';
  if (path.length > 1024) return 'a path has at most 1024 characters';
  if (path.includes('\0')) return 'a path can not hold a NUL character';
  if (path.startsWith('-')) return 'a path can not begin with `-`, commands would read it as an option';
  if (path.includes('\\')) return 'a path is written with `/`, not with a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) {
    return 'a path is relative to the repository, not absolute';
  }
  if (path.startsWith('~')) return 'a path is relative to the repository; `~` is not expanded';
  const parts = path.replace(/\/$/, '').split('/');
  if (parts.includes('..')) return 'a path can not leave the repository with `..`';
  if (parts.includes('')) return 'a path can not hold an empty part (`//`)';
  if (parts.includes('.git')) return 'a path can not point into `.git`';
  return undefined;
}

/** The zod piece for a path below the repository. */
export const relativePath = z.string().superRefine((path, context) => {
  const reason = whyNotRelative(path);
  if (reason !== undefined) {
    context.addIssue({
      code: 'custom',
      message: `${reason}: ${JSON.stringify(path)}`,
      params: { rule: 'path' },
    });
  }
});

/** The zod piece for files that are content, such as configuration. One writing for one path: `./config/` is `config`. */
export const contentPath = relativePath
  .transform((text) =>
    text
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/'),
  )
  .refine((text) => text !== '', 'name a folder or a file; the whole repository is no configuration');
