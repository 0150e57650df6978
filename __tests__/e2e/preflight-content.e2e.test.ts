// Gates about content through the bundle, on a real cluster and a real registry: each refuses before anything has
// changed, says why, and goes on when a person overrides it.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Forge } from '../../tools/real-parts/forge.ts';
import { clusterTools } from '../../tools/real-parts/part-catalogue.ts';
import { partsForTests } from '../../tools/real-parts/provide.ts';
import { writeContentChart } from '../support/content-chart.ts';
import { imageRegistry } from '../support/image-registry.ts';
import type { Release } from '../support/release.ts';
import { type ActionRun, verdictOf } from '../support/runner.ts';
import { onePlan, type Scene, type Stage, setScene, setStage } from '../support/scene.ts';
import { sharedForge } from '../support/shared/parts.ts';

jest.setTimeout(180_000);

const parts = await partsForTests([...clusterTools, 'kubectl', 'helm4', 'gitea', 'node24']);
const suite = parts.ready ? describe : describe.skip;

const refused = 'refused not-ready exit 1';
const rolledBack = 'rolled-back - exit 0';
const planned = 'planned - exit 0';

/** `state subject: detail` of what one gate found. */
function toldBy(run: ActionRun, gate: string): readonly string[] {
  return run.journal
    .filter((event) => event['type'] === 'gate' && event['name'] === gate)
    .map((event) => `${event['state']} ${event['subject'] ?? ''}: ${event['detail']}`);
}

suite('preflight of content', () => {
  let own: Awaited<ReturnType<typeof setStage<'helm4'>>>;
  let stage: Stage;
  let helm = '';
  let forge: Forge;

  beforeAll(async () => {
    [own, forge] = await Promise.all([setStage('helm4'), sharedForge()]);
    helm = own.tools.helm4;
    stage = { ...own, chart: await writeContentChart(own.folder) };
  });
  afterAll(async () => {
    await Promise.all([own?.stop(), forge?.stop()]);
  });

  type Set = Scene & { readonly api: Release; readonly kubectl: (...args: readonly string[]) => string };

  /** A release with two revisions, and a plan that takes it back. */
  async function set(
    first: Readonly<Record<string, string>>,
    second: Readonly<Record<string, string>>,
    more: string | ((namespace: string) => string) = '',
  ): Promise<Set> {
    const scene = await setScene(stage, helm, (namespace) =>
      onePlan(namespace, typeof more === 'string' ? more : more(namespace)),
    );
    const api = scene.release('api');
    const kubectl = (...args: readonly string[]): string =>
      execFileSync(stage.kubectl, [`--namespace=${scene.namespace}`, ...args], {
        encoding: 'utf8',
        env: { ...process.env, KUBECONFIG: stage.cluster.kubeconfig },
      }).trim();
    expect(await api.deploy({ version: '1', ...first })).toBe(0);
    expect(await api.deploy({ version: '2', ...second })).toBe(0);
    return { ...scene, api, kubectl };
  }

  async function expectRefused(scene: Set, gate: string, said: string): Promise<ActionRun> {
    const before = await scene.api.history();
    const run = await scene.press();
    expect([verdictOf(run), await scene.api.history()]).toEqual([refused, before]);
    expect(run.journal.filter(({ type }) => type === 'intent')).toEqual([]);
    expect(toldBy(run, gate).join('\n')).toContain(said);
    return run;
  }

  test('an image that is gone from the registry refuses; overridden it goes on', async () => {
    const registry = imageRegistry(forge, forge.owner, forge.adminToken);
    const reference = (tag: string): string => `${registry.host}/${forge.owner}/api:${tag}`;
    await registry.push('api', '1', 'one');
    await registry.push('api', '2', 'two');
    const scene = await set({ image: reference('1') }, { image: reference('2') });
    const there = await scene.press({ 'dry-run': 'true' });
    expect([verdictOf(there), toldBy(there, 'image')]).toEqual([planned, ['pass : 1 image is there']]);
    await registry.remove('api', '1');
    const run = await expectRefused(scene, 'image', `refuse api: ${reference('1')}: the image is gone`);
    expect(run.log).toContain('override: missing-image');
    expect(verdictOf(await scene.press({ override: 'missing-image' }))).toBe(rolledBack);
  });

  test('an image whose tag was put on other content refuses; one that the live version has, too, is told', async () => {
    const registry = imageRegistry(forge, forge.owner, forge.adminToken);
    const image = `${registry.host}/${forge.owner}/moving:stable`;
    const ran = await registry.push('moving', 'stable', 'one');
    const status = [{ name: 'app', image, imageID: `${registry.host}/${forge.owner}/moving@${ran}` }];
    /** Its pod has run the image under that digest. */
    const ranIn = (scene: Set): string =>
      scene.kubectl(
        'patch',
        scene.kubectl('get', 'pods', '--output=name').split('\n')[0] ?? '',
        '--subresource=status',
        `--patch=${JSON.stringify({ status: { containerStatuses: status } })}`,
      );
    const [scene, same] = await Promise.all([set({ image }, {}), set({ image }, { image })]);
    ranIn(scene);
    ranIn(same);
    const there = await scene.press({ 'dry-run': 'true' });
    expect(toldBy(there, 'image')).toEqual(['pass : 1 image is there']);
    await registry.push('moving', 'stable', 'two');
    await expectRefused(scene, 'image', `re-tagged: ${ran} ran under this name`);
    expect(verdictOf(await scene.press({ override: 'missing-image', 'dry-run': 'true' }))).toBe(planned);
    const told = await same.press({ 'dry-run': 'true' });
    expect([verdictOf(told), toldBy(told, 'image').join()]).toEqual([
      planned,
      expect.stringContaining(`warn api: ${image}: re-tagged since the live pods were started`),
    ]);
  });

  test('a registry that wants a login is unknown without one, and answers the one of the plan', async () => {
    const scopes = ['write:package', 'write:user'];
    const { user, token } = await forge.createUserToken({ user: 'hidden', scopes });
    expect((await forge.call('PATCH', '/user/settings', { hide_email: true }, token)).status).toBe(200);
    const hide = { login_name: user, source_id: 0, visibility: 'private' };
    expect((await forge.call('PATCH', `/admin/users/${user}`, hide)).status).toBe(200);
    const registry = imageRegistry(forge, user, token);
    await registry.push('api', '1', 'one');
    const image = `${registry.host}/${user}/api:1`;
    const scene = await set({ image }, { image });
    const stranger = await scene.press({ 'dry-run': 'true' });
    expect([verdictOf(stranger), toldBy(stranger, 'image')]).toEqual([
      planned,
      [expect.stringMatching(/^unknown api: .*can't be known/)],
    ]);
    await writeFile(
      join(scene.workspace, 'rollback.yml'),
      onePlan(
        scene.namespace,
        `secrets: [REGISTRY_TOKEN]\nregistries: [{ host: "${registry.host}", username: ${user}, password-secret: REGISTRY_TOKEN }]\n`,
      ),
    );
    const env = { REGISTRY_TOKEN: token };
    const known = await scene.press({ 'dry-run': 'true' }, undefined, { env });
    expect(toldBy(known, 'image')).toEqual(['pass : 1 image is there']);
    // The runner is told to mask it, and nobody else is told.
    const log = known.log.replaceAll(`::add-mask::${token}`, '');
    expect(log + JSON.stringify(known.journal)).not.toContain(token);
  });

  test('a rotated Secret is not overwritten unless a person says so, and no value is ever told', async () => {
    const scene = await set({ password: 'first-secret' }, { password: 'second-secret' });
    const ordinary = await scene.press({ 'dry-run': 'true' });
    expect(toldBy(ordinary, 'rotated-secret')).toEqual([
      'warn api: Secret/access goes back to the values of the earlier revision (password)',
    ]);
    const live = (): string =>
      Buffer.from(
        scene.kubectl('get', 'secret', 'access', '--output=jsonpath={.data.password}'),
        'base64',
      ).toString();
    scene.kubectl('patch', 'secret', 'access', '--patch={"stringData":{"password":"rotated-secret-value"}}');
    const run = await expectRefused(scene, 'rotated-secret', 'Secret/access was changed by somebody else');
    expect(live()).toBe('rotated-secret-value');
    expect(run.log + run.summary + run.incident + JSON.stringify(run.journal)).not.toMatch(
      /first-secret|second-secret|rotated-secret-value|cm90YXRlZC1/,
    );
    expect(verdictOf(await scene.press({ override: 'rotated-secrets' }))).toBe(rolledBack);
    expect(live()).toBe('first-secret');
  });

  test('hooks that will run, and migrations that stay, are named', async () => {
    const scene = await set({ hook: 'drain' }, { hook: 'migrate', event: 'pre-upgrade' });
    const run = await scene.press({ 'dry-run': 'true' });
    expect(toldBy(run, 'hook')).toEqual([
      'warn api: hooks of revision 1 will run, and what they do is not undone by Helm: Job/drain (pre-rollback)',
      'warn api: hooks ran when revision 2 was deployed, and what they changed stays: Job/migrate (pre-upgrade)',
    ]);
    expect(verdictOf(run)).toBe(planned);
  });

  const cart = (namespace: string): string =>
    `{"apiVersion":"${namespace}.example/v1","kind":"Cart","metadata":{"name":"full"}}`;
  const create = async (scene: Set, text: string): Promise<void> => {
    await writeFile(join(scene.workspace, 'object.json'), text);
    scene.kubectl('create', `--filename=${join(scene.workspace, 'object.json')}`);
  };

  test('a definition with objects is not deleted; annotated it is kept', async () => {
    const scene = await set({}, { definition: 'yes' });
    const name = `carts.${scene.namespace}.example`;
    scene.kubectl('wait', `crd/${name}`, '--for=condition=Established');
    await create(scene, cart(scene.namespace));
    await expectRefused(scene, 'custom-resource', `with it 1 object (${scene.namespace}/full)`);
    expect(scene.kubectl('get', name, '--output=name')).toContain('/full');
    const overridden = await scene.press({ override: 'delete-custom-resources', 'dry-run': 'true' });
    expect(verdictOf(overridden)).toBe(planned);
    scene.kubectl('annotate', 'crd', name, 'helm.sh/resource-policy=keep');
    expect(verdictOf(await scene.press())).toBe(rolledBack);
    expect(scene.kubectl('get', name, '--output=name')).toContain('/full');
  });

  test('a version in an API that the server dropped refuses', async () => {
    const scene = await setScene(stage, helm, onePlan);
    const definition = { definition: 'yes', cart: '' };
    const api = scene.release('api');
    const whole = { ...scene, api, kubectl: kubectlIn(scene.namespace) };
    expect(await api.deploy({ version: '0', ...definition })).toBe(0);
    expect(await api.deploy({ version: '1', definition: 'yes', cart: 'yes' })).toBe(0);
    expect(await api.deploy({ version: '2' })).toBe(0);
    await expectRefused(whole, 'removed-api', `Cart/chosen in ${scene.namespace}.example/v1`);
    const overridden = await scene.press({ override: 'removed-api', 'dry-run': 'true' });
    expect(verdictOf(overridden)).toBe(planned);
  });

  function kubectlIn(namespace: string): Set['kubectl'] {
    return (...args) =>
      execFileSync(stage.kubectl, [`--namespace=${namespace}`, ...args], {
        encoding: 'utf8',
        env: { ...process.env, KUBECONFIG: stage.cluster.kubeconfig },
      }).trim();
  }

  test("a field that can't be changed is the server's refusal, with what to do", async () => {
    const scene = await set({ serviceName: 'one' }, { serviceName: 'one' });
    scene.kubectl('delete', 'statefulset', 'store', '--cascade=orphan');
    expect(await scene.api.deploy({ version: '3', serviceName: 'two' })).toBe(0);
    const run = await scene.press();
    expect(verdictOf(run)).toBe('refused server-refusal exit 1');
    expect(run.log).toContain('kubectl delete statefulset store --cascade=orphan');
  });

  test('a missing, empty, stale or corrupt backup refuses; a good one lets it go', async () => {
    const more =
      'backups: { orders: { file: "orders-*.dump", checksum: SHA256SUMS, newer-than: 24h, for: [api] } }\n';
    const scene = await set({}, {}, more);
    const file = join(scene.workspace, 'orders-7.dump');
    const sums = join(scene.workspace, 'SHA256SUMS');
    await expectRefused(scene, 'backup', 'refuse orders: there is no orders-*.dump');
    await writeFile(file, '');
    await expectRefused(scene, 'backup', 'orders-7.dump is empty');
    await writeFile(file, 'all orders');
    await expectRefused(scene, 'backup', 'there is no checksum for orders-7.dump');
    await writeFile(sums, `${createHash('sha256').update('other orders').digest('hex')}  orders-7.dump\n`);
    await expectRefused(scene, 'backup', 'not what its checksum says');
    await writeFile(sums, `${createHash('sha256').update('all orders').digest('hex')}  orders-7.dump\n`);
    const old = Date.now() / 1000 - 25 * 3600;
    await utimes(file, old, old);
    await expectRefused(scene, 'backup', 'older than 24 h');
    const overridden = await scene.press({ override: 'stale-backup', 'dry-run': 'true' });
    expect(verdictOf(overridden)).toBe(planned);
    await writeFile(file, 'all orders');
    expect(verdictOf(await scene.press())).toBe(rolledBack);
  });

  test('past the point of no return the way is forward; where nobody can tell, too', async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const scene = await set(
      {},
      {},
      `point-of-no-return: { check: { uses: http, with: { url: "http://127.0.0.1:${port}/", expect: { status: 404 } } }, loses: orders, forward-fix: docs/forward.md }\n`,
    );
    try {
      const run = await expectRefused(scene, 'point-of-no-return', 'going back would lose orders');
      expect(run.log).toContain('Go forward instead: docs/forward.md');
      const overridden = await scene.press({ override: 'past-point-of-no-return', 'dry-run': 'true' });
      expect(verdictOf(overridden)).toBe(planned);
      status = 404;
      const fine = await scene.press({ 'dry-run': 'true' });
      expect(toldBy(fine, 'point-of-no-return').join()).toMatch(/^pass : not passed/);
    } finally {
      server.close();
    }
    await expectRefused(scene, 'point-of-no-return', 'going back would lose orders');
  });
});
