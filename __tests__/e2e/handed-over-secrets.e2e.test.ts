// Secrets that a workflow hands over in one piece, through the bundle: they are secrets from the first word on, whatever
// becomes of the plan that should have named them.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { type ActionRun, runAction, verdictOf } from '../support/runner.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['node24']);
const describeReal = parts.ready ? describe : describe.skip;

const secret = 'hunter2-very-secret';
const handedOver = { ROLLBACK_PLAN_SECRETS: `DB_PASSWORD: "${secret}"` };
const plan = `version: 1
service: shop
records: { publish: none }
components:
  config: { uses: config-tag, with: { paths: [config/], tags: "v*", branch: main } }
phases:
  - name: back
    steps:
      - { name: look, run: "echo password=\${DB_PASSWORD:-none}; exit 3" }
      - { rollback: config }
`;

describeReal('secrets in one piece', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollback-plan-secrets-'));
  });
  afterAll(async () => {
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  type Pressed = { readonly run: ActionRun; readonly written: string };

  /** Presses with this plan and gives everything that the run wrote: files, summary, outputs. */
  async function press(
    text: string,
    inputs: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = handedOver,
  ): Promise<Pressed> {
    const workspace = await mkdtemp(join(folder, 'workspace-'));
    const temp = await mkdtemp(join(folder, 'temp-'));
    const git = (...args: readonly string[]): unknown =>
      execFileSync('git', ['-C', workspace, '-c', 'user.name=dev', '-c', 'user.email=d@e.invalid', ...args]);
    const remote = `${workspace}.git`;
    execFileSync('git', ['init', '--quiet', '--bare', remote]);
    git('init', '--quiet', '--initial-branch', 'main');
    git('remote', 'add', 'origin', remote);
    await mkdir(join(workspace, 'config'));
    await writeFile(join(workspace, 'rollback.yml'), text);
    for (const version of ['v1', 'v2']) {
      await writeFile(join(workspace, 'config/app'), `${version}\n`);
      git('add', '--all');
      git('commit', '--quiet', '-m', version);
      git('tag', version);
    }
    git('push', '--quiet', '--tags', 'origin', 'main');
    const run = await runAction({
      workspace,
      temp,
      inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous', ...inputs },
      env,
    });
    const entries = await readdir(temp, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
    return { run, written: texts.join('\n') };
  }

  /** Without the runner's commands that mask: those have to name it. */
  const shown = ({ run, written }: Pressed): string =>
    `${run.log.replaceAll(/^::add-mask::.*$/gm, '')}${written}`;

  test.each([
    ['a plan that is invalid', `${plan}secrets: [DB_PASSWORD]\nnonsense: true\n`],
    ['a plan that is no YAML', '{'],
    ['a plan that declares no secret', plan],
  ])('with %s are masked, and blanked where somebody wrote one', async (_which, text) => {
    const pressed = await press(text, { incident: 'INC-1', reason: `seen: ${secret}!` });
    expect(pressed.run.log).toContain(`::add-mask::${secret}`);
    expect(JSON.stringify(pressed.run.journal)).toContain('seen: ***!');
    expect(pressed.run.incident).toContain('seen: ');
    expect(shown(pressed)).not.toContain(secret);
  });

  test('go to no command where the plan doesn’t declare them', async () => {
    const { run } = await press(plan, { incident: 'INC-1' });
    expect(verdictOf(run)).toBe('halted command-failed exit 1');
    expect(run.log).toContain('password=none');
    const declared = await press(`${plan}secrets: [DB_PASSWORD]\n`, { incident: 'INC-1' });
    expect(declared.run.log).toContain('password=***');
  });

  test('are blanked in a refusal that comes before any plan', async () => {
    const pressed = await press(plan, { incident: `${secret} is no id` });
    expect(verdictOf(pressed.run)).toBe('refused input-invalid exit 1');
    expect(pressed.run.summary).toMatch(/^## Refused/);
    expect(pressed.run.summary).toContain('***');
    expect(shown(pressed)).not.toContain(secret);
  });

  test('that can’t be read are refused before anything is said, and not quoted', async () => {
    const broken = { ROLLBACK_PLAN_SECRETS: `DB_PASSWORD: ${secret}: x` };
    const pressed = await press(plan, { incident: 'INC-1', reason: `seen: ${secret}` }, broken);
    expect(verdictOf(pressed.run)).toBe('refused input-invalid exit 1');
    expect(pressed.run.summary).toContain('plan-secrets is not usable');
    expect(`${pressed.run.log}${pressed.written}`).not.toContain(secret);
  });
});
