// The script that gives jobs kubectl and Helm: real binaries, downloaded from a server of the test's. The kubectl that
// is served is the official one, so a green run also says that its pinned checksum is right.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';

jest.setTimeout(60_000);

const needed = ['kubectl', 'kubectl-1.32', 'helm3'] as const;
const parts = await partsForTests(needed);
// The pinned machines are Linux; elsewhere the script says so and a person installs the tools.
const onLinux = process.platform === 'linux' && process.arch === 'x64';
const describeReal = parts.ready && onLinux ? describe : describe.skip;

describeReal('kubectl and Helm for a job', () => {
  let folder = '';
  let temp = '';
  let server: Server;
  let url = '';
  let asked: string[] = [];
  const served = new Map<string, Buffer>();
  let tools: { readonly kubectl: string; readonly 'kubectl-1.32': string; readonly helm3: string };
  let helmArchive = '';

  beforeAll(async () => {
    tools = await provide(needed);
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-tools-'));
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const body = served.get(request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
    served.set('/v1.35.2/bin/linux/amd64/kubectl', await readFile(tools.kubectl));
    await mkdir(join(folder, 'linux-amd64'));
    await symlink(tools.helm3, join(folder, 'linux-amd64/helm'));
    execFileSync('tar', ['-czhf', join(folder, 'helm.tar.gz'), '-C', folder, 'linux-amd64/helm']);
    const archive = await readFile(join(folder, 'helm.tar.gz'));
    served.set('/helm-v3.17.2-linux-amd64.tar.gz', archive);
    helmArchive = createHash('sha256').update(archive).digest('hex');
  });
  afterAll(async () => {
    server?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    asked = [];
    temp = await mkdtemp(join(folder, 'runner-'));
    await writeFile(join(temp, 'path'), '');
  });

  type Result = { readonly code: number; readonly said: string; readonly path: string };

  async function install(
    env: Readonly<Record<string, string>>,
    path: readonly string[] = [],
  ): Promise<Result> {
    const options = {
      env: {
        PATH: [...path, '/usr/bin', '/bin'].join(':'),
        HOME: temp,
        RUNNER_TEMP: temp,
        GITHUB_PATH: join(temp, 'path'),
        KUBECTL_VERSION: '',
        KUBECTL_SHA256: '',
        KUBECTL_SOURCE: url,
        HELM_CLI_VERSION: '',
        HELM_CLI_SHA256: '',
        HELM_CLI_SOURCE: url,
        ...env,
      },
    };
    const script = resolve('.github/actions/tools/install.sh');
    const ended = await promisify(execFile)('bash', [script], options).then(
      ({ stdout, stderr }) => ({ code: 0, said: `${stdout}${stderr}` }),
      (error: unknown) => {
        const { code, stdout, stderr } = Object(error);
        return { code: Number(code), said: `${stdout}${stderr}` };
      },
    );
    return { ...ended, path: (await readFile(join(temp, 'path'), 'utf8')).trim() };
  }

  const exists = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );

  test('one of exactly that version on the PATH is taken, and nothing is downloaded', async () => {
    const result = await install({ KUBECTL_VERSION: '1.35.2' }, [dirname(tools.kubectl)]);
    expect(result).toMatchObject({ code: 0, path: '' });
    expect(result.said).toContain(tools.kubectl);
    expect(asked).toEqual([]);
  });

  test('one of another version is not: the pinned one is downloaded and put before it', async () => {
    const result = await install({ KUBECTL_VERSION: 'v1.35.2' }, [dirname(tools['kubectl-1.32'])]);
    expect(result.said).toContain('kubectl 1.35.2: downloaded, checksum as pinned');
    expect([result.code, asked]).toEqual([0, ['/v1.35.2/bin/linux/amd64/kubectl']]);
    const said = execFileSync(join(result.path, 'kubectl'), ['version', '--client'], { encoding: 'utf8' });
    expect(said).toContain('v1.35.2');
  });

  test('a checksum of the caller’s serves a version that is not pinned', async () => {
    const result = await install({ HELM_CLI_VERSION: '3.17.2', HELM_CLI_SHA256: helmArchive });
    expect([result.code, result.said.trim()]).toEqual([0, 'helm 3.17.2: downloaded, checksum as pinned']);
    expect(await exists(join(result.path, 'helm'))).toBe(true);
  });

  test('what is not the pinned content is thrown away and never run', async () => {
    // Helm’s own archive has another checksum than this repacked one.
    const result = await install({ HELM_CLI_VERSION: '3.17.2' });
    expect(result).toMatchObject({ code: 1, path: '' });
    expect(result.said).toContain('::error title=wrong checksum of helm 3.17.2::');
    expect(await exists(join(temp, 'rollback-plan-tools/bin/helm'))).toBe(false);
    expect(await exists(join(temp, 'rollback-plan-tools/helm-3.17.2.tar.gz'))).toBe(false);
  });

  test.each([
    [
      'an unknown version',
      { KUBECTL_VERSION: '1.99.0' },
      'give the input kubectl-sha256, or take one of: 1.32.3 1.35.2',
    ],
    ['half a version', { KUBECTL_VERSION: '1.35' }, 'is not a version'],
    ['a version with a command in it', { HELM_CLI_VERSION: '4.1.4$(touch pwned)' }, 'is not a version'],
    ['a path in a version', { HELM_CLI_VERSION: '4.1.4/../../x' }, 'is not a version'],
    ['half a checksum', { HELM_CLI_VERSION: '9.9.9', HELM_CLI_SHA256: 'abc' }, 'is not a SHA-256'],
  ])('%s is refused before anything is downloaded', async (_, env, said) => {
    const result = await install(env);
    expect(result.said).toContain('::error title=');
    expect(result.said).toContain(said);
    expect([result.code, asked]).toEqual([1, []]);
  });

  test('a download that fails names the address', async () => {
    const checksum = '0'.repeat(64);
    const result = await install({ KUBECTL_VERSION: '1.99.0', KUBECTL_SHA256: checksum });
    expect(result.code).toBe(1);
    expect(result.said).toContain(`${url}/v1.99.0/bin/linux/amd64/kubectl failed`);
  });
});
