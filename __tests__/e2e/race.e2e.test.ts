// Two people press at the same moment: exactly one acts. A few rounds of what `npm run race` does with many.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { groundTools, takeGround } from '../../tools/presses/ground.ts';
import { race } from '../../tools/race/race.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests, provide } from '../../tools/real-parts/provide.ts';
import { sharedCluster, uniqueName } from '../support/shared/parts.ts';

jest.setTimeout(240_000);

const parts = await partsForTests([...clusterTools, ...groundTools]);
const describeReal = parts.ready ? describe : describe.skip;

describeReal('two presses at once', () => {
  let cluster: Awaited<ReturnType<typeof sharedCluster>>;
  let ground: Awaited<ReturnType<typeof takeGround>>;

  beforeAll(async () => {
    cluster = await sharedCluster();
    ground = await takeGround(cluster, await provide(groundTools));
  });
  afterAll(async () => {
    await ground?.leave();
    await cluster?.stop();
  });

  test('one rolls back with one Helm revision, the other is refused or finds it there', async () => {
    const rounds = await race(ground, { rounds: 6, namespace: uniqueName('race') });
    expect(rounds.map(({ acted, revisions, violations }) => ({ acted, revisions, violations }))).toEqual(
      Array.from({ length: 6 }, () => ({ acted: 1, revisions: 1, violations: [] })),
    );
  });
});
