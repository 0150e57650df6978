// A hostile script through the bundle, started as the runner starts it. No cluster is needed.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { stepLines } from '../support/acting.ts';
import { runAction } from '../support/runner.ts';

jest.setTimeout(60_000);

const parts = await partsForTests(['node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('a script, as the runner starts it', () => {
  test('that prints its environment carries the credentials of clouds and clusters nowhere', async () => {
    const workspace = await mkdtemp(join(tmpdir(), 'rollback-plan-script-'));
    await writeFile(
      join(workspace, 'rollback.yml'),
      `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config], tags: "v*", branch: main } }
phases:
  - name: go
    steps:
      - run: env | sort; exit 3
`,
    );
    const credentials = {
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBYaDEXAMPLE',
      HELM_KUBETOKEN: 'eyJhbGciOiJSUzI1NiIsEXAMPLE',
      GIT_CONFIG_VALUE_0: 'AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46RVhBTVBMRQ==',
    };
    const run = await runAction({
      workspace,
      inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous' },
      env: {
        ...credentials,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'http.https://forge.example/.extraheader',
        AWS_REGION: 'eu-central-1',
      },
    });
    expect(stepLines(run)).toEqual(['go/run: failed']);
    // The commands that tell the runner to mask them are the only lines that hold them.
    const log = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    const everything = [...log, run.summary, run.incident, JSON.stringify(run.journal)].join('\n');
    expect(everything).toContain('AWS_REGION=eu-central-1');
    for (const [name, value] of Object.entries(credentials)) {
      expect(everything).toContain(`${name}=***`);
      expect(everything).not.toContain(value);
      expect(run.log).toContain(`::add-mask::${value}`);
    }
    await rm(workspace, { recursive: true, force: true });
  });

  test('sees neither files nor tokens of the runner, and steers nothing', async () => {
    const workspace = await mkdtemp(join(tmpdir(), 'rollback-plan-script-'));
    const script = [
      'env | sort',
      'if read -r line; then echo "input: $line"; fi',
      'echo "::add-mask::inconclusive"',
      'echo "::set-output name=outcome::rolled-back"',
      'echo "outcome=rolled-back" >> "${GITHUB_OUTPUT:-nowhere}"',
      'setsid sleep 20 &',
      'echo "left=one" >> "$ROLLBACK_PLAN_OUTPUT"',
    ];
    const text = `version: 1
service: shop
components:
  config: { uses: config-tag, with: { paths: [config], tags: "v*", branch: main } }
phases:
  - name: go
    steps:
      - id: look
        outputs: [left]
        run: |
${script.map((line) => `          ${line}`).join('\n')}
      - run: 'echo "got $LEFT"'
        env: { LEFT: "\${{ steps.look.outputs.left }}" }
`;
    // As an editor on Windows writes it.
    await writeFile(join(workspace, 'rollback.yml'), text.replaceAll('\n', '\r\n'));
    const started = performance.now();
    const run = await runAction({
      workspace,
      inputs: { mode: 'rollback', plan: 'rollback.yml', to: 'previous' },
      env: {
        GITHUB_ENV: join(workspace, 'github-env'),
        GITHUB_PATH: join(workspace, 'github-path'),
        GITHUB_STATE: join(workspace, 'github-state'),
        GITHUB_TOKEN: 'ghs_runner_token',
        ACTIONS_RUNTIME_TOKEN: 'runtime_token',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc_token',
      },
    });
    expect(stepLines(run)).toEqual(['go/look: succeeded', 'go/run: succeeded']);
    expect(run.outputs['outcome']).toBe('inconclusive');
    expect(run.log).toContain('got one');
    expect(run.log).not.toMatch(/│ (?:GITHUB|ACTIONS|INPUT)_|ghs_runner_token|runtime_token|oidc_token/);
    expect(run.log.split('\n').filter((line) => /^\s*::(?:add-mask|set-output)/.test(line))).toEqual([]);
    // The daemon it left does not keep the action waiting.
    expect(performance.now() - started).toBeLessThan(15_000);
    await rm(workspace, { recursive: true, force: true });
  });
});
