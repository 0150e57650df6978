// What a caller holds of a running forge, made from a description that another process can be handed.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { callForge, demand, type ForgeResponse } from './forge-api.ts';

export interface Repository {
  /** `owner/name` */
  readonly fullName: string;
  readonly name: string;
}

export interface TokenRequest {
  /** Created if there is no such user. Default: a new user. */
  readonly user?: string;
  /** Gitea's scopes. Default: write access to repositories, issues and what describes the user. */
  readonly scopes?: readonly string[];
  /** Makes the user a collaborator. */
  readonly repository?: Repository;
  /** Default `write`. */
  readonly access?: 'read' | 'write' | 'admin';
}

/** Scopes of a token that may look at a repository and its issues and change nothing. */
export const readOnlyScopes = ['read:repository', 'read:issue', 'read:user'] as const;

export interface Forge {
  readonly url: string;
  /** What GITHUB_API_URL is set to. */
  readonly apiUrl: string;
  /** The administrator, who owns every repository made here. */
  readonly owner: string;
  readonly adminToken: string;
  /** Holds the log. */
  readonly dir: string;
  readonly pids: readonly number[];
  /** A repository with one commit on `main`. */
  createRepository(
    name: string,
    options?: { readonly private?: boolean; readonly files?: Readonly<Record<string, string>> },
  ): Promise<Repository>;
  /** A token of somebody who is not the administrator. */
  createUserToken(request?: TokenRequest): Promise<{ readonly user: string; readonly token: string }>;
  /** Nobody pushes to the branch any more; changes need a pull request with that many approvals (default 1). */
  protectBranch(repository: Repository, branch?: string, approvals?: number): Promise<void>;
  /** For git over HTTP, with the token in it (default: the administrator's). */
  cloneUrl(repository: Repository, token?: string): string;
  /** One API request; `path` is relative to `apiUrl`. */
  call(method: string, path: string, body?: unknown, token?: string): Promise<ForgeResponse>;
  /** What `attachForge` needs, in this process or another one on this machine. */
  describe(): ForgeDescription;
  /**
   * Ends it and removes the temporary folder. Happens by itself when this process dies, however it dies. An attached
   * forge is left to its owner.
   */
  stop(): Promise<void>;
}

/** The administrator with whom a forge begins. */
export const firstOwner = 'platform';
const Token = z.object({ sha1: z.string().min(1) });
const Created = z.object({ full_name: z.string(), name: z.string() });

export const forgeDescription = z.object({
  url: z.string(),
  adminToken: z.string(),
  dir: z.string(),
  pids: z.array(z.number()),
});
/** JSON. The token is worth nothing outside this machine's loopback. */
export type ForgeDescription = z.infer<typeof forgeDescription>;

/**
 * A forge that somebody else has started and will end, with an administrator of one's own: names of repositories and
 * users don't meet those of others who are attached.
 */
export async function attachForge(description: ForgeDescription): Promise<Forge> {
  const { url, adminToken: first, dir, pids } = description;
  const owner = `${firstOwner}-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const asFirst = (method: string, path: string, body: unknown): Promise<unknown> =>
    demand(`making ${owner}`, callForge(apiOf(url), `token ${first}`, { method, path, body }));
  const email = `${owner}@example.com`;
  await asFirst('POST', '/admin/users', { username: owner, email, password, must_change_password: false });
  await asFirst('PATCH', `/admin/users/${owner}`, { login_name: owner, source_id: 0, admin: true });
  const basic = basicOf(owner, password);
  const adminToken = await administratorToken(url, owner, basic);
  return new GiteaForge({
    owner,
    url,
    adminToken,
    basic,
    dir,
    pids: () => pids,
    end: () => Promise.resolve(),
  });
}

function apiOf(url: string): string {
  return `${url}/api/v1`;
}

export function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export async function administratorToken(url: string, owner: string, basic: string): Promise<string> {
  const body = { name: 'administrator', scopes: ['all'] };
  const asked = { method: 'POST', path: `/users/${owner}/tokens`, body };
  return Token.parse(await demand('creating a token', callForge(apiOf(url), basic, asked))).sha1;
}

export class GiteaForge implements Forge {
  readonly url: string;
  readonly owner: string;
  readonly adminToken: string;
  readonly dir: string;
  readonly stop: () => Promise<void>;
  readonly #pids: () => readonly number[];
  /** The administrator's password: only with it may tokens be made for others. */
  readonly #basic: string;
  #users = 0;

  constructor(made: {
    readonly owner: string;
    readonly url: string;
    readonly adminToken: string;
    readonly basic: string;
    readonly dir: string;
    readonly pids: () => readonly number[];
    readonly end: () => Promise<void>;
  }) {
    this.url = made.url;
    this.owner = made.owner;
    this.adminToken = made.adminToken;
    this.dir = made.dir;
    this.stop = made.end;
    this.#pids = made.pids;
    this.#basic = made.basic;
  }

  get apiUrl(): string {
    return apiOf(this.url);
  }

  get pids(): readonly number[] {
    return this.#pids();
  }

  describe(): ForgeDescription {
    const { url, adminToken, dir, pids } = this;
    return { url, adminToken, dir, pids: [...pids] };
  }

  call(method: string, path: string, body?: unknown, token = this.adminToken): Promise<ForgeResponse> {
    return callForge(this.apiUrl, `token ${token}`, { method, path, body });
  }

  async createRepository(
    name: string,
    options: { readonly private?: boolean; readonly files?: Readonly<Record<string, string>> } = {},
  ): Promise<Repository> {
    const { private: isPrivate = false, files = {} } = options;
    const body = { name, private: isPrivate, auto_init: true, default_branch: 'main' };
    const made = Created.parse(await demand(`creating ${name}`, this.call('POST', '/user/repos', body)));
    const repository = { fullName: made.full_name, name: made.name };
    // Its hook `update` does nothing by its own words, and costs a start of the forge for each ref of each push.
    const bare = join(this.dir, 'data', 'gitea-repositories', `${made.full_name.toLowerCase()}.git`);
    await rm(join(bare, 'hooks', 'update'));
    const operations = Object.entries(files).map(([path, text]) => ({
      // The first commit made a README.md; a caller's own replaces it.
      operation: 'upload',
      path,
      content: Buffer.from(text).toString('base64'),
    }));
    if (operations.length > 0) {
      const commit = { branch: 'main', message: 'Add files', files: operations };
      await demand(`writing to ${name}`, this.call('POST', `/repos/${repository.fullName}/contents`, commit));
    }
    return repository;
  }

  async createUserToken(
    request: TokenRequest = {},
  ): Promise<{ readonly user: string; readonly token: string }> {
    this.#users += 1;
    const { user = `${this.owner}-user-${this.#users}`, repository, access = 'write' } = request;
    const { scopes = ['write:repository', 'write:issue', 'read:user', 'read:organization'] } = request;
    if ((await this.call('GET', `/users/${user}`)).status === 404) {
      const password = randomBytes(12).toString('base64url');
      const account = { username: user, email: `${user}@example.com`, password, must_change_password: false };
      await demand(`creating ${user}`, this.call('POST', '/admin/users', account));
    }
    if (repository !== undefined) {
      const path = `/repos/${repository.fullName}/collaborators/${user}`;
      await demand(`letting ${user} in`, this.call('PUT', path, { permission: access }));
    }
    const body = { name: `token-${this.#users}`, scopes };
    const asked = { method: 'POST', path: `/users/${user}/tokens`, body };
    const token = Token.parse(
      await demand(`a token for ${user}`, callForge(this.apiUrl, this.#basic, asked)),
    );
    return { user, token: token.sha1 };
  }

  async protectBranch(repository: Repository, branch = 'main', approvals = 1): Promise<void> {
    const rule = { rule_name: branch, enable_push: false, required_approvals: approvals };
    const path = `/repos/${repository.fullName}/branch_protections`;
    await demand(`protecting ${branch}`, this.call('POST', path, rule));
  }

  cloneUrl(repository: Repository, token = this.adminToken): string {
    const url = new URL(`${this.url}/${repository.fullName}.git`);
    // The user name does not matter to the forge when the password is a token.
    url.username = 'x-access-token';
    url.password = token;
    return url.href;
  }
}
