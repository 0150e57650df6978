// A person presses and names a trigger of the plan: what no machine measures, and what a person saw before the machine did.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { verdictOf } from '../support/runner.ts';
import { type OwnStage, onePlan, type Scene, setScene, setStage } from '../support/scene.ts';
import { told } from '../support/watched-scene.ts';

jest.setTimeout(120_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'node24']);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('a trigger that a person names', () => {
  let stage: OwnStage<'helm4'>;
  beforeAll(async () => {
    stage = await setStage('helm4');
  });
  afterAll(() => stage?.stop());

  const twoVersions = async (): Promise<Scene> => {
    const on = await setScene(stage, stage.tools.helm4, (namespace) =>
      onePlan(
        namespace,
        `severities: { P0: { recover-within: 15m, action: monitor }, P1: {} }
scenarios: { full: { phases: all }, nothing: { default: true, phases: [wait] } }
phases:
  - { name: wait, steps: [{ run: "true" }] }
  - { name: application, steps: [{ rollback: api }] }
triggers:
  security: { declared: A hole is exploited., severity: P0, scenario: full }
  other-tag:
    check: { uses: version, with: { workload: deployment/api, expect: "2" } }
    scenario: full
brake: { rollbacks: 0 }
recovery: { within: 1s }
`,
      ),
    );
    await on.release('api').deploy({ version: '1' });
    await on.release('api').deploy({ version: '2' });
    return on;
  };
  const live = (on: Scene): Promise<string> => on.release('api').liveVersion();

  test('gives severity and scenario, and stands as the reason in journal, record and result', async () => {
    const on = await twoVersions();
    const run = await on.press({ trigger: 'security', reason: 'CVE-2026-1 in the wild' });
    expect([verdictOf(run), await live(on)]).toEqual(['rolled-back - exit 0', '1']);
    const decision = {
      decision: 'roll-back',
      trigger: 'security',
      severity: 'P0',
      scenario: 'full',
      reasons: ['night-shift says so: A hole is exploited.'],
    };
    expect(told(run, 'decided')).toEqual([expect.objectContaining(decision)]);
    expect(run.incident).toContain('trigger security: night-shift says so: A hole is exploited.');
    const result = JSON.parse(await readFile(run.outputs['result'] ?? '', 'utf8'));
    expect(result).toMatchObject({ decision, severity: 'P0', scenario: 'full', sla_seconds: 900 });
  });

  test('that is not in the plan, or that says another scenario than was given, changes nothing', async () => {
    const on = await twoVersions();
    const unknown = await on.press({ trigger: 'securty' });
    expect([verdictOf(unknown), unknown.summary]).toEqual([
      'refused trigger-unknown exit 1',
      expect.stringContaining('Did you mean `security`?'),
    ]);
    const other = await on.press({ trigger: 'security', scenario: 'nothing' });
    expect([verdictOf(other), other.summary]).toEqual([
      'refused input-invalid exit 1',
      expect.stringContaining('trigger security says scenario full, and scenario nothing was given'),
    ]);
    expect(await live(on)).toBe('2');
  });

  test('with a check has to be quiet afterwards', async () => {
    const on = await twoVersions();
    const run = await on.press({ trigger: 'other-tag' });
    expect([verdictOf(run), await live(on)]).toEqual(['failed check-failed exit 1', '1']);
    expect(run.summary).toContain('trigger other-tag');
  });
});
