// The ledger's text: what is kept, what is refused, and that two writers can't overwrite each other.

import { describe, expect, test } from '@jest/globals';
import type { Cluster } from '../../src/ports.ts';
import { pageWrite, readLedger, type Snapshot } from '../../src/state/ledger.ts';
import { isNewest, withSnapshot } from '../../src/state/ledger-page.ts';
import { isJsonObject, type JsonObject } from '../../src/values/json.ts';

function snapshot(id: string, digest = 'sha256:a'): Snapshot {
  const at = '2026-11-21T10:00:00.000Z';
  const api = { kind: 'helm-release', version: '7', label: 'revision 7', digest };
  return { id, at, actor: 'ci', incident: 'D-1', checks: ['http'], components: { api } };
}

/** A cluster that holds this one object, or none. */
function holding(object: JsonObject | undefined): Cluster {
  const never = (): never => {
    throw new Error('the ledger only gets its ConfigMap');
  };
  return {
    get: async () => object,
    list: never,
    text: never,
    mayI: never,
    whoAmI: never,
    dryRun: never,
    kubectlFlags: [],
    helmFlags: [],
    namespace: 'shop',
  };
}

function configMap(data: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { resourceVersion: '41' }, data };
}

async function afterNoting(
  object: JsonObject | undefined,
  ...snapshots: readonly Snapshot[]
): Promise<JsonObject> {
  let now = object;
  for (const each of snapshots) {
    const ledger = await readLedger(holding(now), 'shop');
    const { body } = pageWrite(ledger, withSnapshot(ledger.page, each) ?? ledger.page);
    if (!isJsonObject(body)) throw new Error('no object to write');
    now = body;
  }
  return now ?? {};
}

describe('the ledger', () => {
  test('begins with a ConfigMap of its own and reads back what was noted, newest first', async () => {
    const object = await afterNoting(undefined, snapshot('S-1'), snapshot('S-2', 'sha256:b'));
    const { snapshots } = (await readLedger(holding(object), 'shop')).page;
    expect(snapshots.map(({ id }) => id)).toEqual(['S-2', 'S-1']);
    expect(snapshots[1]).toEqual(snapshot('S-1'));
  });

  test('replaces exactly what was read, and keeps what other services noted', async () => {
    const ledger = await readLedger(holding(configMap({ other: 'kept' })), 'shop');
    const write = pageWrite(ledger, withSnapshot(ledger.page, snapshot('S-1')) ?? ledger.page);
    expect(write).toMatchObject({
      verb: 'replace',
      body: { metadata: { resourceVersion: '41' }, data: { other: 'kept' } },
    });
  });

  test('keeps 20 snapshots', async () => {
    const many = Array.from({ length: 25 }, (_, index) => snapshot(`S-${index}`, `sha256:${index}`));
    const { snapshots } = (await readLedger(holding(await afterNoting(undefined, ...many)), 'shop')).page;
    expect([snapshots.length, snapshots[0]?.id, snapshots.at(-1)?.id]).toEqual([20, 'S-24', 'S-5']);
  });

  test('reads a page from before there were quarantine and brake', async () => {
    const text = JSON.stringify({ version: 1, snapshots: [snapshot('S-1')] });
    const { page } = await readLedger(holding(configMap({ shop: text })), 'shop');
    expect(page).toEqual({
      snapshots: [snapshot('S-1')],
      quarantine: [],
      automatic: [],
      log: [],
      alerts: [],
      rechecks: [],
      drills: [],
      followUps: [],
    });
  });

  test('never advises to delete what a newer version wrote', async () => {
    const reading = readLedger(holding(configMap({ shop: '{"version":2,"snapshots":[]}' })), 'shop');
    await expect(reading).rejects.toMatchObject({
      code: 'ledger-unreadable',
      hint: expect.not.stringContaining('delete'),
    });
  });

  test.each([['not json'], ['{}'], ['{"version":1,"snapshots":[{}]}']])(
    'refuses %s instead of writing over it',
    async (text) => {
      const reading = readLedger(holding(configMap({ shop: text })), 'shop');
      await expect(reading).rejects.toMatchObject({
        code: 'ledger-unreadable',
        hint: expect.stringContaining('kubectl -n shop get configmap rollback-plan-ledger'),
      });
    },
  );

  test('knows that its newest entry holds these versions already, and when a component was added', async () => {
    const ledger = await readLedger(holding(await afterNoting(undefined, snapshot('S-1'))), 'shop');
    const more = snapshot('S-2');
    const grown = { ...more, components: { ...more.components, web: { ...more.components['api'] } } };
    expect([
      isNewest(ledger.page, snapshot('S-2')),
      isNewest(ledger.page, snapshot('S-2', 'sha256:b')),
      isNewest(ledger.page, JSON.parse(JSON.stringify(grown))),
    ]).toEqual([true, false, false]);
  });
});
