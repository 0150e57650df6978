// The versions a config tag can have: every matching tag with the content its paths have there, and the question
// which of them a given content is.

import { createHash } from 'node:crypto';
import type { KindContext, Tag } from '../../ports.ts';
import {
  type ConfigContent,
  contentDigest,
  contentOfFiles,
  differingKeys,
  maxContentBytes,
} from '../../values/config-map.ts';
import type { ConfigTagSettings } from './settings.ts';

/** What git has at the paths, one identity per path. Equal rows are equal files, so a row is read once. */
export type Row = readonly (string | undefined)[];

export type PlacedTag = Tag & { readonly row: Row };

export type TaggedContent =
  | { readonly ok: true; readonly content: ConfigContent; readonly digest: string }
  | { readonly ok: false; readonly reasons: readonly string[] };

/** How many distinct contents the first look reads; each further one doubles it. What is live is nearly always recent. */
const firstLook = 8;
/** Files are read up to this sum, so that an ignored subdirectory may be larger than what is published. */
const maxReadBytes = 16 * maxContentBytes;

/** The matching tags, newest first, with what git has at the paths. */
export async function placeTags(
  context: KindContext,
  settings: ConfigTagSettings,
): Promise<readonly PlacedTag[]> {
  const tags = await context.repository.tags(settings.tags);
  const rows = await context.repository.objectIds(
    tags.map((tag) => tag.commit),
    settings.paths,
  );
  return tags.map((tag, index) => ({ ...tag, row: rows[index] ?? [] }));
}

export function isPresent(row: Row): boolean {
  return row.some((id) => id !== undefined);
}

export function sameRow(a: Row, b: Row): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}

/** Identity of what git has at the paths, for a component that lives in the repository alone. */
export function rowDigest(settings: ConfigTagSettings, row: Row): string {
  const lines = settings.paths.map((path, index) => `${path}\0${row[index] ?? ''}\n`);
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`;
}

/** The ConfigMap contents of tags, in their order. Reads equal rows once. */
export async function contentsOf(
  context: KindContext,
  settings: ConfigTagSettings,
  tags: readonly PlacedTag[],
): Promise<readonly TaggedContent[]> {
  const distinct = new Map(tags.map((tag) => [keyOf(tag.row), tag.commit]));
  const answers = await context.repository.filesAt({
    revisions: [...distinct.values()],
    paths: settings.paths,
    maxBytes: maxReadBytes,
  });
  const byRow = new Map<string, TaggedContent>();
  for (const [index, key] of [...distinct.keys()].entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    const made = answer.ok
      ? contentOfFiles(answer.files, {
          paths: settings.paths,
          separator: settings.separator,
          ignoreSubdirectories: settings.subdirectories === 'ignore',
        })
      : { ok: false as const, reasons: answer.refused };
    byRow.set(key, made.ok ? { ...made, digest: contentDigest(made.content) } : made);
  }
  return tags.map((tag) => byRow.get(keyOf(tag.row)) ?? { ok: false, reasons: ['it could not be read'] });
}

export type Match =
  | { readonly tag: PlacedTag; readonly alsoTagged: readonly string[] }
  | {
      readonly tag: undefined;
      readonly nearest: { readonly name: string; readonly keys: number } | undefined;
    };

/**
 * Which tag a live content is. Reads newest first and stops at the first that fits. `hint` (the ConfigMap's own
 * annotation) decides between tags of equal content only: by itself it proves nothing.
 */
export async function matchContent(
  context: KindContext,
  settings: ConfigTagSettings,
  question: {
    readonly tags: readonly PlacedTag[];
    readonly live: ConfigContent;
    readonly hint: string | undefined;
  },
): Promise<Match> {
  const present = question.tags.filter((tag) => isPresent(tag.row));
  const digest = contentDigest(question.live);
  let nearest: { name: string; keys: number } | undefined;
  for (let at = 0, look = firstLook; at < present.length; at += look, look *= 2) {
    const batch = present.slice(at, at + look);
    const contents = await contentsOf(context, settings, batch);
    for (const [index, tag] of batch.entries()) {
      const tagged = contents[index];
      if (tagged?.ok !== true) continue;
      if (tagged.digest === digest) {
        const equal = present.filter((other) => sameRow(other.row, tag.row));
        const chosen = equal.find((other) => other.name === question.hint) ?? tag;
        return {
          tag: chosen,
          alsoTagged: equal.filter((other) => other !== chosen).map((other) => other.name),
        };
      }
      const keys = differingKeys(tagged.content, question.live).length;
      if (nearest === undefined || keys < nearest.keys) nearest = { name: tag.name, keys };
    }
  }
  return { tag: undefined, nearest };
}

function keyOf(row: Row): string {
  return row.map((id) => id ?? '').join(',');
}
