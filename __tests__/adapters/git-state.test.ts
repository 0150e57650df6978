// Lock and journal on refs of a remote, with the real git: what is left in the clone by reading them, and whose ref counts.

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { createGit } from '../../src/adapters/git-command.ts';
import { createGitState } from '../../src/adapters/git-state.ts';
import { createProcesses } from '../../src/adapters/processes.ts';
import { messageOf } from '../../src/errors.ts';
import type { StateDocument, TargetState } from '../../src/ports/state.ts';
import { testRepositories } from './git-repositories.ts';

jest.setTimeout(60_000);

const repositories = testRepositories();
afterAll(() => repositories.removeAll());

function stateIn(directory: string): TargetState {
  const processes = createProcesses({
    environment: { PATH: process.env['PATH'], HOME: repositories.folder() },
    workspace: directory,
    redact: (text) => text,
  });
  return createGitState(createGit(processes, directory), 'shop', 'default');
}

/** A remote with two commits, and the state of it as seen from a clone of its own. */
function scene(): {
  readonly remote: string;
  readonly clone: () => { directory: string; state: TargetState };
} {
  const first = repositories.create();
  first.write('a', '1');
  first.commit('one');
  first.commit('two');
  return {
    remote: first.directory,
    clone() {
      const { directory } = repositories.clone(first.directory);
      return { directory, state: stateIn(directory) };
    },
  };
}

const written = async (document: StateDocument, text: string): Promise<string> =>
  (await document.write(text, (await document.read()).version)).type;

describe('state on refs of a remote', () => {
  test('what one machine wrote another one reads, and its whole clone stays whole', async () => {
    const { clone } = scene();
    const [one, other] = [clone(), clone()];
    expect(await written(one.state.journal, 'page 1')).toBe('written');
    expect((await other.state.journal.read()).text).toBe('page 1');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', other.directory, ...args], { encoding: 'utf8' }).trim();
    // A shallow clone is refused by components that read tags and history.
    expect(git('rev-parse', '--is-shallow-repository')).toBe('false');
    expect(git('rev-list', '--count', 'HEAD')).toBe('2');
    expect(git('for-each-ref', '--format=%(refname)', 'refs/rollback-plan')).toBe('');
  });

  test('a branch whose name ends like the ref is not taken for it', async () => {
    const { clone } = scene();
    const { directory, state } = clone();
    execFileSync('git', [
      ...['-C', directory, 'push', '--quiet', 'origin'],
      'HEAD:refs/heads/refs/rollback-plan/shop/default/journal',
    ]);
    expect((await state.journal.read()).version).toBeUndefined();
  });

  test('a token that stands in the remote’s URL as the user is in no message', async () => {
    const token = 'deadbeefdeadbeefdeadbeefdeadbeef';
    const server = createServer((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const { directory } = repositories.create();
      const url = `http://${token}@127.0.0.1:${port}/shop/shop.git`;
      execFileSync('git', ['-C', directory, 'remote', 'add', 'origin', url]);
      const refused = await stateIn(directory).lock.read().catch(messageOf);
      expect(refused).toContain(`http://***@127.0.0.1:${port}`);
      expect(refused).not.toContain(token);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });
});
