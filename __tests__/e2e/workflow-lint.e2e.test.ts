// The real linters over every workflow that people get from us: those of this repository, the callers, and the blocks in
// the documents. actionlint sees a rendered copy, because it does not know `uses: $/`; zizmor sees the files as they are.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { blocksInDocuments, callers, localise, renderRepository } from '../support/workflow-files.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['actionlint', 'zizmor']);
const describeReal = parts.ready ? describe : describe.skip;

type Said = { readonly code: number; readonly text: string };

async function run(file: string, args: readonly string[], cwd?: string): Promise<Said> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [...args], cwd === undefined ? {} : { cwd });
    return { code: 0, text: `${stdout}${stderr}` };
  } catch (error) {
    const { code, stdout, stderr } = Object(error);
    return { code: typeof code === 'number' ? code : -1, text: `${stdout}${stderr}` };
  }
}

const login = `name: Log in
description: What a caller’s own login action declares
inputs:
  access: { description: read or write, required: true }
  target: { description: name of the target, required: true }
runs: { using: composite, steps: [] }
`;

/** Documents' blocks as files: workflows where linters look for them, actions in folders of their own. */
async function writeBlocks(folder: string, adapt: (text: string) => string): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { path, text, kind } of blocksInDocuments()) {
    const name = `document-${path.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
    const file = join(
      folder,
      kind === 'workflow' ? `.github/workflows/${name}.yml` : `.github/actions/${name}/action.yml`,
    );
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, adapt(text));
    written.push(file);
  }
  return written;
}

describeReal('linters', () => {
  let folder = '';
  let tools: { readonly actionlint: string; readonly zizmor: string };

  beforeEach(async () => {
    tools = await provide(['actionlint', 'zizmor']);
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-lint-'));
    // actionlint looks for the root of a repository to find local actions.
    await promisify(execFile)('git', ['init', '--quiet', folder]);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  // Without the optional helpers: whether a machine has shellcheck must not decide what passes.
  const actionlint = (): Promise<Said> =>
    run(tools.actionlint, ['-no-color', '-shellcheck=', '-pyflakes='], folder);
  const zizmor = (files: readonly string[]): Promise<Said> => {
    const flags = ['--offline', '--persona=auditor', '--no-progress', '--strict-collection', '--color=never'];
    return run(tools.zizmor, [...flags, ...files]);
  };

  async function render(): Promise<void> {
    await renderRepository(folder);
    await writeBlocks(folder, localise);
    await mkdir(join(folder, '.github/actions/rollback-login'), { recursive: true });
    await writeFile(join(folder, '.github/actions/rollback-login/action.yml'), login);
  }

  test('actionlint finds nothing', async () => {
    await render();
    expect(await actionlint()).toEqual({ code: 0, text: '' });
  });

  test('and would find an input that a reusable workflow does not have', async () => {
    await render();
    const [caller] = callers();
    const text = localise(caller?.text ?? '').replace('      window: 5m', '      windows: 5m');
    await writeFile(join(folder, '.github/workflows', `caller-${basename(caller?.path ?? '')}`), text);
    const said = await actionlint();
    expect(said.code).toBe(1);
    expect(said.text).toContain('"windows" is not defined');
  });

  test('zizmor, as strict as it gets, finds nothing', async () => {
    const blocks = await writeBlocks(folder, (text) => text);
    const said = await zizmor(['.github', 'action.yml', ...callers().map(({ path }) => path), ...blocks]);
    expect(said.text).toContain('No findings to report');
    expect(said.code).toBe(0);
  });

  test('and would find an input in a script, and an action that is not pinned', async () => {
    const file = join(folder, '.github/workflows/bad.yml');
    await mkdir(dirname(file), { recursive: true });
    const [caller] = callers();
    const bad = (caller?.text ?? '')
      .replace('./scripts/deploy.sh', 'echo ${{ github.event.head_commit.message }}')
      .replace(/checkout@[0-9a-f]{40} # v[\d.]+/, 'checkout@v6');
    await writeFile(file, bad);
    const said = await zizmor([file]);
    expect(said.code).not.toBe(0);
    expect(said.text).toContain('template-injection');
    expect(said.text).toContain('unpinned-uses');
  });

  test('every exception that zizmor is asked for says why', async () => {
    const texts = [...callers(), ...blocksInDocuments()].map(({ text }) => text);
    const { stdout } = await promisify(execFile)('grep', ['-rh', 'zizmor: ignore', '.github']);
    for (const line of [...texts, stdout].join('\n').split('\n'))
      if (line.includes('zizmor: ignore')) expect(line).toMatch(/zizmor: ignore\[[a-z-]+\] \S+ \S+/);
  });
});
