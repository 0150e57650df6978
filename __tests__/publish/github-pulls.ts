// The part of the loopback forge that is about refs and pull requests, in the shapes and words of GitHub's REST reference.

import type { Acted, State } from './contents-server.ts';

export type Pull = {
  readonly number: number;
  readonly head: string;
  base: string;
  /** `acme/checkout`, or a fork's. */
  readonly from: string;
  state: 'open' | 'closed';
  merged_at: string | null;
  title: string;
  body: string;
  /** Of a merged or closed one; an open one follows its branch. */
  sha?: string;
};

const repository = 'acme/checkout';

/** The branch has a new commit on top, and whoever watches it sees that. */
export function addCommit(state: State, branch: string, sha: string): void {
  state.parents.set(sha, [state.branches.get(branch) ?? '']);
  state.branches.set(branch, sha);
}

export function createBranch(state: State, branch: string, sha: string): Acted {
  if (state.branches.has(branch)) return { status: 422, data: { message: 'Reference already exists' } };
  // Git has no room for it; GitHub says no more than this.
  if (state.branches.has(branch.split('/')[0] ?? '') && branch.includes('/'))
    return { status: 422, data: { message: 'Reference cannot be created' } };
  takeFiles(state, sha, branch);
  state.branches.set(branch, sha);
  return { status: 201, data: { ref: `refs/heads/${branch}` } };
}

/** As a person presses the button: the base gets the files, by a commit of its own when it is squashed. */
export function mergePull(state: State, number: number, how: 'merge' | 'squash'): void {
  const pull = state.pulls[number - 1];
  if (pull === undefined) throw new Error(`there is no pull request ${number}`);
  const head = state.branches.get(pull.head) ?? '';
  takeFiles(state, head, pull.base);
  const before = state.branches.get(pull.base) ?? '';
  const sha = `${how}-${number}`;
  state.parents.set(sha, how === 'merge' ? [before, head] : [before]);
  state.branches.set(pull.base, sha);
  Object.assign(pull, { state: 'closed', merged_at: '2026-11-21T11:00:00Z', sha: head });
}

/** Everything a branch at that commit holds, copied to another branch. */
function takeFiles(state: State, sha: string, to: string): void {
  const from = [...state.branches.entries()].find(([, head]) => head === sha)?.[0];
  if (from === undefined) throw new Error(`no branch is at ${sha}`);
  for (const key of [...state.files.keys()]) if (key.startsWith(`${to}:`)) state.files.delete(key);
  for (const [key, text] of [...state.files.entries()])
    if (key.startsWith(`${from}:`)) state.files.set(`${to}:${key.slice(from.length + 1)}`, text);
}

function isAncestor(state: State, old: string, young: string): boolean {
  return old === young || (state.parents.get(young) ?? []).some((parent) => isAncestor(state, old, parent));
}

export function actOnRefs(state: State, method: string, route: string, body: string): Acted | undefined {
  const commit = /^\/git\/commits\/(.+)$/.exec(route)?.[1];
  if (method === 'GET' && commit !== undefined)
    return { status: 200, data: { sha: commit, tree: { sha: `tree-of-${commit}` } } };
  if (method === 'POST' && route === '/git/commits') {
    const asked: { tree: string; parents: readonly string[] } = JSON.parse(body);
    const sha = `joined-${state.parents.size}`;
    state.parents.set(sha, asked.parents);
    return { status: 201, data: { sha, tree: { sha: asked.tree } } };
  }
  const ref = /^\/git\/refs\/heads\/(.+)$/.exec(route)?.[1];
  if (method !== 'PATCH' || ref === undefined) return undefined;
  const asked: { sha: string; force: boolean } = JSON.parse(body);
  const branch = decodeURIComponent(ref);
  const now = state.branches.get(branch);
  if (now === undefined) return { status: 422, data: { message: 'Reference does not exist' } };
  if (!asked.force && !isAncestor(state, now, asked.sha))
    return { status: 422, data: { message: 'Update is not a fast forward' } };
  // A joined commit has the files of its second parent.
  const source = asked.sha.startsWith('joined-') ? (state.parents.get(asked.sha)?.[1] ?? '') : asked.sha;
  takeFiles(state, source, branch);
  state.branches.set(branch, asked.sha);
  return { status: 200, data: { ref: `refs/heads/${branch}`, object: { sha: asked.sha } } };
}

/** As GitHub compares: the files that differ, whichever commit changed them. */
export function compare(state: State, [base = '', head = '']: readonly string[]): Acted | undefined {
  if (!state.branches.has(base) || !state.branches.has(head)) return undefined;
  const files = [...state.files]
    .filter(([key]) => key.startsWith(`${head}:`))
    .map(([key, text]) => ({ filename: key.slice(head.length + 1), text }))
    .filter(({ filename, text }) => state.files.get(`${base}:${filename}`) !== text)
    .map(({ filename }) => ({ filename, status: 'modified' }));
  return { status: 200, data: { total_commits: files.length, commits: [], files } };
}

export function actOnPulls(
  state: State,
  method: string,
  url: URL,
  route: string,
  body: string,
): Acted | undefined {
  if (method === 'GET' && route === '/pulls') {
    const query = url.searchParams;
    const found = state.pulls
      .filter((pull) => query.get('head') === `${pull.from.split('/')[0]}:${pull.head}`)
      .filter((pull) => query.get('base') === null || query.get('base') === pull.base)
      .filter((pull) => query.get('state') === 'all' || query.get('state') === pull.state);
    return { status: 200, data: found.reverse().map((pull) => shown(state, pull)) };
  }
  if (method === 'POST' && route === '/pulls') return open(state, JSON.parse(body));
  const number = /^\/pulls\/(\d+)$/.exec(route)?.[1];
  const pull = state.pulls[Number(number) - 1];
  if (method !== 'PATCH' || pull === undefined) return undefined;
  const asked: { title: string; body: string } = JSON.parse(body);
  Object.assign(pull, { title: asked.title, body: asked.body });
  return { status: 200, data: shown(state, pull) };
}

function open(state: State, asked: { head: string; base: string; title: string; body: string }): Acted {
  const invalid = (message: string): Acted => ({
    status: 422,
    data: {
      message: 'Validation Failed',
      errors: [{ resource: 'PullRequest', code: 'custom', message }],
      documentation_url: 'https://docs.github.com/rest/pulls/pulls#create-a-pull-request',
      status: '422',
    },
  });
  const same = state.pulls.some(({ head, state: now }) => head === asked.head && now === 'open');
  if (same) return invalid(`A pull request already exists for acme:${asked.head}.`);
  const [head = '', base = ''] = [state.branches.get(asked.head), state.branches.get(asked.base)];
  if (isAncestor(state, head, base)) return invalid(`No commits between ${asked.base} and ${asked.head}`);
  const pull: Pull = {
    ...asked,
    number: state.pulls.length + 1,
    from: repository,
    state: 'open',
    merged_at: null,
  };
  state.pulls.push(pull);
  return { status: 201, data: shown(state, pull) };
}

/** The fields that are read, as the reference shows them. The list has no `merged`. */
function shown(state: State, pull: Pull): unknown {
  const [owner = ''] = pull.from.split('/');
  return {
    number: pull.number,
    state: pull.state,
    title: pull.title,
    body: pull.body,
    html_url: `https://forge.example/${repository}/pull/${pull.number}`,
    merged_at: pull.merged_at,
    head: {
      label: `${owner}:${pull.head}`,
      ref: pull.head,
      sha: pull.sha ?? state.branches.get(pull.head),
      repo: { full_name: pull.from },
    },
    base: {
      label: `acme:${pull.base}`,
      ref: pull.base,
      sha: state.branches.get(pull.base),
      repo: { full_name: repository },
    },
  };
}
