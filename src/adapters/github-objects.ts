// The forge's git objects over GitHub's REST API, for what has to be certain: which commit a name means, what lies in
// it, and whether it is in the history of another. GitHub and Gitea have the same routes for commits, trees and blobs.
//
// Where a ref may stand in a route, Gitea looks for a branch or tag of that name before it takes the text for an object
// id, and anybody who may push can name a branch like a commit. So everything here goes by the routes that take ids,
// and an answer is believed only where it says itself which objects it is about.

import { z } from 'zod';
import type { ForgeAnswer, ForgeEntry, ForgeFault, ForgeObjects } from '../ports/forge.ts';
import type { GithubOptions } from './github.ts';
import { createAsk, type Exchange, orStatus, pathOf, understand } from './github-exchange.ts';

// GitHub has the tree beside the id, Gitea inside `commit`.
const tree = z.object({ sha: z.string() });
const commitReply = z.object({
  sha: z.string(),
  tree: tree.optional(),
  commit: z.object({ tree: tree.optional() }).optional(),
});
const treeReply = z.object({
  tree: z.array(
    z.object({ path: z.string(), mode: z.string(), sha: z.string(), size: z.number().nullish() }),
  ),
  truncated: z.boolean().nullish(),
});
const blobReply = z.object({ encoding: z.string(), content: z.string() });
const compareReply = z.object({
  base_commit: z.object({ sha: z.string() }),
  merge_base_commit: z.object({ sha: z.string() }),
});
const commitsReply = z.array(z.object({ sha: z.string() }));

const objectId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Of a folder. Gitea gives a page at a time, 1000 entries unless it is set otherwise. */
const mostPages = 20;

type TreeEntry = z.output<typeof treeReply>['tree'][number];

export function createForgeObjects(options: GithubOptions): ForgeObjects {
  const base = `/repos/${pathOf(options.repository)}`;
  const ask = createAsk(options);
  return {
    commitOf: (ref, limits) => ask(limits, (call) => commitOf(call, base, ref)),
    isInHistory: (request, limits) => ask(limits, (call) => isInHistory(call, base, request)),
    entryAt: (request, limits) => ask(limits, (call) => entryAt(call, base, request)),
  };
}

const absent = [404, 405, 409, 422];

async function commitOf(call: Exchange, base: string, ref: string): Promise<ForgeAnswer<string | undefined>> {
  if (!objectId.test(ref)) {
    // GitHub's route for names; Gitea has none, and takes names where GitHub takes ids only.
    const reply = await orStatus(call(`GET ${base}/commits/${pathOf(ref)}`), absent);
    if (typeof reply !== 'number') return understand(reply, commitReply, ({ sha }) => sha);
  }
  const reply = await orStatus(call(`GET ${base}/git/commits/${encodeURIComponent(ref)}`), absent);
  if (typeof reply === 'number') return { ok: true, value: undefined };
  return understand(reply, commitReply, ({ sha }) => (objectId.test(ref) && sha !== ref ? undefined : sha));
}

/** GitHub's comparison names the commits it is of. Gitea's doesn't; its list of commits leaves out what `not` reaches. */
async function isInHistory(
  call: Exchange,
  base: string,
  { commit, head }: { readonly commit: string; readonly head: string },
): Promise<ForgeAnswer<boolean>> {
  const refused = [...absent, 500, 501];
  const compared = await orStatus(call(`GET ${base}/compare/${head}...${commit}`, { per_page: 1 }), refused);
  const said = typeof compared === 'number' ? undefined : compareReply.safeParse(compared.data).data;
  if (said !== undefined) {
    const { base_commit: from, merge_base_commit: common } = said;
    return { ok: true, value: from.sha === head && common.sha === commit };
  }
  const listed = await orStatus(
    call(`GET ${base}/commits`, { sha: commit, not: head, limit: 1, per_page: 1, stat: false, files: false }),
    refused,
  );
  if (typeof listed === 'number') return { ok: true, value: false };
  return understand(listed, commitsReply, (commits) => commits.length === 0);
}

async function entryAt(
  call: Exchange,
  base: string,
  { commit, path, maxBytes }: { readonly commit: string; readonly path: string; readonly maxBytes: number },
): Promise<ForgeAnswer<ForgeEntry | undefined>> {
  const root = understand(await call(`GET ${base}/git/commits/${commit}`), commitReply, (reply) =>
    reply.sha === commit ? (reply.tree ?? reply.commit?.tree)?.sha : undefined,
  );
  if (!root.ok) return root;
  if (root.value === undefined) return odd(`the answer is not about commit ${commit}`);
  let folder = root.value;
  const names = path.split('/');
  for (const [depth, name] of names.entries()) {
    const found = await entryIn(call, base, folder, name);
    if (!found.ok) return found;
    const entry = found.value;
    if (entry === undefined) return { ok: true, value: undefined };
    const type = typeOf(entry.mode);
    const isLast = depth === names.length - 1;
    if (type === 'symbolic link' || type === 'submodule' || (isLast && type === 'folder')) {
      return { ok: true, value: { type, at: names.slice(0, depth + 1).join('/') } };
    }
    if (isLast) return await fileOf(call, base, entry, maxBytes);
    if (type !== 'folder') return { ok: true, value: undefined };
    folder = entry.sha;
  }
  return { ok: true, value: undefined };
}

/** By git's own mode. */
function typeOf(mode: string): 'file' | 'folder' | 'symbolic link' | 'submodule' {
  if (mode === '120000') return 'symbolic link';
  if (mode === '160000') return 'submodule';
  return mode.startsWith('100') ? 'file' : 'folder';
}

async function entryIn(
  call: Exchange,
  base: string,
  folder: string,
  name: string,
): Promise<ForgeAnswer<TreeEntry | undefined>> {
  for (let page = 1; page <= mostPages; page += 1) {
    const reply = await call(`GET ${base}/git/trees/${folder}`, { page, per_page: 1000 });
    const answer = understand(reply, treeReply, ({ tree: entries, truncated }) => ({
      entry: entries.find((one) => one.path === name),
      more: truncated === true && entries.length > 0,
    }));
    if (!answer.ok) return answer;
    if (answer.value.entry !== undefined || !answer.value.more)
      return { ok: true, value: answer.value.entry };
  }
  return odd('the folder of the plan has more files than the forge lists');
}

async function fileOf(
  call: Exchange,
  base: string,
  { sha, size }: TreeEntry,
  maxBytes: number,
): Promise<ForgeAnswer<ForgeEntry>> {
  if (size !== undefined && size !== null && size > maxBytes) {
    return { ok: true, value: { type: 'file', size, bytes: undefined } };
  }
  const blob = understand(await call(`GET ${base}/git/blobs/${sha}`), blobReply, ({ encoding, content }) =>
    encoding === 'base64' ? Buffer.from(content, 'base64') : undefined,
  );
  if (!blob.ok) return blob;
  const bytes = blob.value;
  if (bytes === undefined) return odd('the file comes in an encoding that the API does not document');
  return {
    ok: true,
    value: { type: 'file', size: bytes.length, bytes: bytes.length > maxBytes ? undefined : bytes },
  };
}

/** An answer that came, but not as the API documents it: asking again would not help. */
function odd(message: string): { readonly ok: false; readonly fault: ForgeFault } {
  return { ok: false, fault: { status: 200, message, retryAfterMs: undefined, location: undefined } };
}
