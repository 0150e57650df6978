// A config tag whose workloads are restarted to take it up, on a real cluster: one rollout, however often it is repeated, and
// no success before the new pods are ready.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { configTag } from '../../src/components/config-tag.ts';
import type { PinnedChange } from '../../src/values/version.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import {
  change,
  close,
  deploy,
  deployment,
  open,
  type Place,
  place,
  settingsOf,
} from './config-tag-scene.ts';

jest.setTimeout(60_000);

const parts = await partsForTests([...clusterTools, 'kubectl']);

(parts.ready ? describe : describe.skip)('a config tag with workloads to restart', () => {
  beforeAll(async () => {
    await open();
  }, 120_000);
  afterAll(close);

  const restarting = settingsOf({ restart: ['deployment/api'] });
  const revision = async ({ world }: Place): Promise<string> =>
    world.kubectl([
      'get',
      'deployment',
      'api',
      '--output=jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}',
    ]);

  async function running(): Promise<Place> {
    const here = await place();
    await deploy(here, 'v2');
    await here.world.kubectl(['apply', '--filename=-'], deployment('api'));
    await here.world.kubectl(['rollout', 'status', 'deployment/api', '--timeout=60s']);
    return here;
  }

  async function settled({ world }: Place, pinned: PinnedChange): Promise<string> {
    for (let attempt = 0; attempt < 300; attempt++) {
      const { state } = await configTag.verify(world.context(), restarting, pinned);
      if (state !== 'progressing') return state;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return 'never';
  }

  test('makes one rollout, however often it is repeated', async () => {
    const here = await running();
    const pinned = await change(here, 'v1', restarting);
    const prepared = await configTag.goTo(here.world.context(), restarting, pinned);
    expect(prepared.operations.map((operation) => operation.id)).toEqual([
      'configmap',
      'restart-deployment-api',
    ]);
    await here.world.performAll(prepared);
    expect(await settled(here, pinned)).toBe('verified');
    const [, restart] = prepared.operations;
    if (restart === undefined) throw new Error('no restart');
    await here.world.perform(restart);
    expect((await configTag.goTo(here.world.context(), restarting, pinned)).operations).toEqual([]);
    expect(await revision(here)).toBe('2');
  });

  test('continues after a death between the two: the restart is still to do, and is done', async () => {
    const here = await running();
    const pinned = await change(here, 'v1', restarting);
    const [replace] = (await configTag.goTo(here.world.context(), restarting, pinned)).operations;
    if (replace === undefined) throw new Error('nothing was prepared');
    await here.world.perform(replace);
    expect(await configTag.probe(here.world.context(), restarting, pinned)).toMatchObject({
      state: 'not-done',
      evidence: 'deployment/api was not told to restart',
    });
    const rest = await configTag.goTo(here.world.context(), restarting, pinned);
    expect(rest.operations.map((operation) => operation.id)).toEqual(['restart-deployment-api']);
    await here.world.performAll(rest);
    expect(await settled(here, pinned)).toBe('verified');
    expect(await revision(here)).toBe('2');
  });

  test('restarts again in the next incident, though it leads to the same content', async () => {
    const here = await running();
    await here.world.performAll(
      await configTag.goTo(here.world.context('first'), restarting, await change(here, 'v1', restarting)),
    );
    await deploy(here, 'v2');
    const second = await configTag.goTo(
      here.world.context('second'),
      restarting,
      await change(here, 'v1', restarting),
    );
    await here.world.performAll(second);
    expect(await revision(here)).toBe('3');
  });

  test('leaves the pods alone when the content is already that of the tag', async () => {
    const here = await running();
    here.repository.write('other.txt', 'no configuration');
    here.repository.release('v4');
    await deploy(here, 'v3');
    const pinned = await change(here, 'v4', restarting);
    expect((await configTag.goTo(here.world.context(), restarting, pinned)).operations).toEqual([]);
    expect(await revision(here)).toBe('1');
  });

  test('is refused when the rollout is paused, with the command that resumes it, and nothing is done', async () => {
    const here = await running();
    await here.world.kubectl(['rollout', 'pause', 'deployment/api']);
    await expect(
      configTag.goTo(here.world.context(), restarting, await change(here, 'v1', restarting)),
    ).rejects.toMatchObject({
      hint: `kubectl rollout resume deployment/api --namespace=${here.namespace}`,
    });
  });

  test('is not verified before the new pods are ready', async () => {
    const here = await running();
    const pinned = await change(here, 'v1', restarting);
    const slowly = { template: { metadata: { annotations: { 'rollback-plan.test/ready-after': '4s' } } } };
    await here.world.kubectl(['patch', 'deployment', 'api', `--patch=${JSON.stringify({ spec: slowly })}`]);
    await here.world.performAll(await configTag.goTo(here.world.context(), restarting, pinned));
    expect(await configTag.verify(here.world.context(), restarting, pinned)).toMatchObject({
      state: 'progressing',
    });
    expect(await settled(here, pinned)).toBe('verified');
  });

  test('at no replicas is verified, and says that nothing runs the configuration yet', async () => {
    const here = await running();
    await here.world.kubectl(['scale', 'deployment', 'api', '--replicas=0']);
    const pinned = await change(here, 'v1', restarting);
    await here.world.performAll(await configTag.goTo(here.world.context(), restarting, pinned));
    expect(await settled(here, pinned)).toBe('verified');
    expect(await configTag.verify(here.world.context(), restarting, pinned)).toMatchObject({
      evidence: expect.stringContaining('deployment/api has no pods'),
    });
  });

  test('is not verified while the new pods never become ready', async () => {
    const here = await running();
    const pinned = await change(here, 'v1', restarting);
    await here.world.kubectl([
      'patch',
      'deployment',
      'api',
      '--patch={"spec":{"progressDeadlineSeconds":2,"template":{"metadata":{"labels":{"behaviour":"crash"}}}}}',
    ]);
    await here.world.performAll(await configTag.goTo(here.world.context(), restarting, pinned));
    expect(await settled(here, pinned)).toBe('failed');
  });

  test('of which one does not exist is refused by the reading already', async () => {
    const here = await running();
    const wrong = settingsOf({ restart: ['statefulset/api'] });
    await expect(configTag.read(here.world.context(), wrong)).rejects.toMatchObject({
      code: 'component-missing',
      message: expect.stringContaining('statefulset/api'),
    });
  });
});
