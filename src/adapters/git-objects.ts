// Objects of a git repository, read in batches: a question about hundreds of revisions costs one process for each
// level of folders, not one for each revision.

import { RollbackPlanError } from '../errors.ts';
import type { Git } from './git-command.ts';

/** One name in a tree. `mode` is git's own: 100644, 100755, 120000 (symbolic link), 160000 (submodule), 40000 (tree). */
export type Entry = { readonly path: string; readonly mode: string; readonly id: string };

export type Objects = {
  /** What each path is at each revision; `undefined` where it isn't there. */
  locate(
    revisions: readonly string[],
    paths: readonly string[],
  ): Promise<readonly (readonly (Entry | undefined)[])[]>;
  /** The leaves below the entries (an entry that is no tree is its own leaf), in the order of a tree. */
  leaves(entries: readonly Entry[]): Promise<readonly Entry[]>;
  /** Reads ahead all trees below the entries, level by level. */
  preload(entries: readonly Entry[]): Promise<void>;
  /** Sizes of blobs in bytes. */
  sizes(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  blobs(ids: readonly string[], sizes: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Buffer>>;
  /** Object ids of expressions such as `refs/tags/v1^{commit}`, `undefined` for what isn't there. */
  resolve(expressions: readonly string[]): Promise<readonly (string | undefined)[]>;
};

type TreeEntry = { readonly name: string; readonly mode: string; readonly id: string };

const treeMode = '40000';

/** A batch of content is read in pieces, so that memory stays bounded whatever is tagged. */
const chunkBytes = 16 * 1024 * 1024;
const headerBytes = 128;

export function createObjects(git: Git): Objects {
  // Objects never change under their id, so what was read once is known for the run.
  const trees = new Map<string, readonly TreeEntry[]>();

  const check = async (expressions: readonly string[]): Promise<readonly (Header | undefined)[]> => {
    if (expressions.length === 0) return [];
    const foul = expressions.find((expression) => expression.includes('\n'));
    if (foul !== undefined) {
      throw new RollbackPlanError('prepare-failed', `${JSON.stringify(foul)} is no name of a git object`, {
        hint: 'Names of tags and paths have one line.',
      });
    }
    const out = await git.run(['cat-file', '--batch-check'], { stdin: `${expressions.join('\n')}\n` });
    return out.toString('utf8').split('\n').slice(0, expressions.length).map(parseHeader);
  };

  const content = async (
    ids: readonly string[],
    sizes: ReadonlyMap<string, number>,
  ): Promise<ReadonlyMap<string, Buffer>> => {
    const found = new Map<string, Buffer>();
    for (const chunk of chunks(ids, sizes)) {
      const expected = chunk.reduce((sum, id) => sum + (sizes.get(id) ?? 0) + headerBytes, 0);
      const out = await git.run(['cat-file', '--batch'], {
        stdin: `${chunk.join('\n')}\n`,
        keepBytes: expected,
      });
      let at = 0;
      for (const id of chunk) {
        const end = out.indexOf(10, at);
        const header = parseHeader(out.toString('latin1', at, end));
        if (header === undefined || header.id !== id) throw missing(id);
        found.set(id, Buffer.from(out.subarray(end + 1, end + 1 + header.size)));
        at = end + 1 + header.size + 1;
      }
    }
    return found;
  };

  const sizesOf = async (ids: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    const headers = await check(ids);
    return new Map(
      ids.map((id, index) => {
        const header = headers[index];
        if (header === undefined) throw missing(id);
        return [id, header.size];
      }),
    );
  };

  const loadTrees = async (ids: Iterable<string>): Promise<void> => {
    const wanted = [...new Set(ids)].filter((id) => !trees.has(id));
    if (wanted.length === 0) return;
    const read = await content(wanted, await sizesOf(wanted));
    for (const [id, bytes] of read) trees.set(id, parseTree(bytes, id.length / 2));
  };

  const preload = async (entries: readonly Entry[]): Promise<void> => {
    let level = entries.filter((entry) => entry.mode === treeMode).map((entry) => entry.id);
    while (level.length > 0) {
      await loadTrees(level);
      level = [...new Set(level)].flatMap((id) =>
        (trees.get(id) ?? []).filter((child) => child.mode === treeMode).map((child) => child.id),
      );
    }
  };

  const expand = (entry: Entry): readonly Entry[] =>
    entry.mode !== treeMode
      ? [entry]
      : (trees.get(entry.id) ?? []).flatMap((child) =>
          expand({ path: `${entry.path}/${child.name}`, mode: child.mode, id: child.id }),
        );

  return {
    async locate(revisions, paths) {
      const roots = await check(revisions.map((revision) => `${revision}^{tree}`));
      const rows = revisions.map((revision, index) => {
        const root = roots[index];
        if (root === undefined) throw missing(revision);
        return paths.map((path): Walk => ({ rest: path.split('/'), path, mode: treeMode, id: root.id }));
      });
      let walks: (Walk | undefined)[] = rows.flat();
      while (walks.some((walk) => walk !== undefined && walk.rest.length > 0)) {
        await loadTrees(
          walks.flatMap((walk) => (walk !== undefined && walk.rest.length > 0 ? [walk.id] : [])),
        );
        walks = walks.map((walk) => step(walk, trees));
      }
      return revisions.map((_, row) =>
        paths.map((path, column): Entry | undefined => {
          const walk = walks[row * paths.length + column];
          return walk === undefined ? undefined : { path, mode: walk.mode, id: walk.id };
        }),
      );
    },
    preload,
    async leaves(entries) {
      await preload(entries);
      return entries.flatMap(expand);
    },
    sizes: sizesOf,
    blobs: content,
    async resolve(expressions) {
      return (await check(expressions)).map((header) => header?.id);
    },
  };
}

type Header = { readonly id: string; readonly size: number };
type Walk = {
  readonly path: string;
  readonly rest: readonly string[];
  readonly mode: string;
  readonly id: string;
};

/** One folder further down, or `undefined` when there is nothing of that name. */
function step(walk: Walk | undefined, trees: ReadonlyMap<string, readonly TreeEntry[]>): Walk | undefined {
  const [name, ...rest] = walk?.rest ?? [];
  if (walk === undefined || name === undefined) return walk;
  if (walk.mode !== treeMode) return undefined;
  const child = trees.get(walk.id)?.find((entry) => entry.name === name);
  return child === undefined ? undefined : { path: walk.path, rest, mode: child.mode, id: child.id };
}

function parseHeader(line: string | undefined): Header | undefined {
  const [, id, size] = /^([0-9a-f]{40,64}) [a-z]+ (\d+)$/.exec(line ?? '') ?? [];
  return id === undefined || size === undefined ? undefined : { id, size: Number(size) };
}

/** A tree object: `mode SP name NUL id`, repeated. */
function parseTree(bytes: Buffer, idBytes: number): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const nul = bytes.indexOf(0, space);
    entries.push({
      mode: bytes.toString('latin1', at, space),
      name: bytes.toString('utf8', space + 1, nul),
      id: bytes.toString('hex', nul + 1, nul + 1 + idBytes),
    });
    at = nul + 1 + idBytes;
  }
  return entries;
}

function chunks(ids: readonly string[], sizes: ReadonlyMap<string, number>): readonly (readonly string[])[] {
  const result: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const size = (sizes.get(id) ?? 0) + headerBytes;
    if (size > room) {
      result.push([]);
      room = chunkBytes;
    }
    result.at(-1)?.push(id);
    room -= size;
  }
  return result;
}

function missing(what: string): RollbackPlanError {
  return new RollbackPlanError('repository-incomplete', `${what} is not in this clone`, {
    hint: 'Fetch it: git fetch --tags (in a shallow clone with --unshallow), or in a workflow actions/checkout with fetch-depth: 0',
  });
}
