// The order of tags, newest first: one rule for a whole list, so that "the one before" means the same to everybody.

import { parse } from 'semver';

/**
 * If every tag of the list is a semantic version (after the glob's own prefix and an optional `v`), by precedence;
 * otherwise all of them by creation date. Never a mixture of the two. Ties go by date, then by name.
 */
export function orderTags<T extends { readonly name: string; readonly at: string }>(
  tags: readonly T[],
  pattern: string,
): readonly T[] {
  const prefix = literalPrefix(pattern);
  const parsed = tags.map((tag) => ({ tag, version: versionIn(tag.name, prefix) }));
  const bySemver = parsed.every(({ version }) => version !== null);
  return parsed
    .sort((a, b) => {
      const precedence =
        bySemver && a.version !== null && b.version !== null ? b.version.compare(a.version) : 0;
      return precedence || Date.parse(b.tag.at) - Date.parse(a.tag.at) || (a.tag.name < b.tag.name ? 1 : -1);
    })
    .map(({ tag }) => tag);
}

function versionIn(name: string, prefix: string): ReturnType<typeof parse> {
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return parse(rest.replace(/^v(?=\d)/, ''));
}

/** `config-v*` → `config-v`; digits stay with the version, so `v1.*` → `v`. */
function literalPrefix(pattern: string): string {
  return (/^[^*?[\]{}()!+@|\\]*/.exec(pattern)?.[0] ?? '').replace(/\d[\d.]*$/, '');
}
