// The whole story on a real cluster and a real forge: deployed good, deployed bad, rolled back by the action, recorded.
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../real-parts/cluster.ts';
import { type Forge, type Repository, startForge } from '../real-parts/forge.ts';
import { clusterTools, type ToolName } from '../real-parts/part-catalogue.ts';
import { missingParts, provide } from '../real-parts/provide.ts';
import { type DemoContext, inSeconds, showFiles, showMoments, showTimeline, showVisit } from './demo.ts';
import { type ActionResult, runAction } from './run-action.ts';
import { cloneAfresh, createScratchRepository, type ScratchRepository } from './scratch-repository.ts';
import {
  createDeployer,
  type Deployer,
  deployRelease,
  describeRelease,
  frontOf,
  frontUser,
  prepareNamespace,
} from './shop-on-cluster.ts';
import { ask, invite } from './visitor.ts';

const parts = [...clusterTools, 'kubectl', 'helm4', 'node24', 'gitea'] as const satisfies readonly ToolName[];
const person = 'on-call';
const paths = ['/', '/checkout'];
const why = '1.2.0 is out: the window is down, and two orders in five fail';

interface Stage {
  readonly cluster: Cluster;
  readonly forge: Forge;
  readonly repository: Repository;
  readonly token: string;
  readonly scratch: ScratchRepository;
  readonly deployer: Deployer;
  readonly tools: Awaited<ReturnType<typeof provideParts>>;
}

/**
 * @returns whether the shop is good again and its record is committed
 * @throws PartsUnavailable before anything was started, if this machine can't have the parts
 */
export async function clusterDemo(context: DemoContext): Promise<boolean> {
  const { screen, atEnd, folder } = context;
  const tools = await provideParts(context);

  screen.heading('A cluster and a forge, on this machine only');
  const stage = await setStage(context, tools);
  const { deployer, scratch } = stage;

  screen.heading('The shop goes out: 1.0.0, then 1.1.0');
  for (const release of ['1.0.0', '1.1.0'] as const) {
    await scratch.release(release);
    await screen.task(describeRelease(release), () => deployRelease(deployer));
  }
  const front = await frontOf(stage.cluster);
  atEnd(() => front.close());
  const visitor = invite(front.url, paths);
  atEnd(() => visitor.leave());
  screen.line();
  screen.say('What a user sees:');
  await showVisit(screen, front.url, [...paths, '/health']);

  screen.heading('Release 1.2.0 goes out. The deploy is green, the shop is not');
  await scratch.release('1.2.0');
  const deployed = visitor.now();
  await screen.task(describeRelease('1.2.0'), () => deployRelease(deployer));
  await screen.task('until the pods of shop-web crash', () =>
    until(async () => (await ask(front.url)).status === 503),
  );
  screen.line();
  screen.say('What a user sees:');
  await showVisit(screen, front.url, [...paths, '/health']);

  screen.heading('Somebody presses the button');
  const pressed = visitor.now();
  const result = await press(context, stage, front.url);
  const done = visitor.now();

  screen.heading('What a user saw');
  await sleep(500);
  await visitor.leave();
  showMoments(screen, visitor, { deployed, pressed, done });
  screen.line();
  const good = await showVisit(screen, front.url, [...paths, '/health']);

  screen.heading('The record, in a fresh clone of the repository');
  const clone = join(folder, 'clone');
  const record = await showRecord(context, stage, clone, result.outputs['incident-path'] ?? '');

  screen.heading('The files');
  showFiles(screen, result, [['fresh clone', clone]]);
  screen.line();
  if (result.exitCode !== 0) screen.say(`The action ended with exit code ${result.exitCode}.`, 'bad');
  if (!good) screen.say('The shop is not good again.', 'bad');
  if (!record) screen.say('The incident record was not committed.', 'bad');
  return result.exitCode === 0 && good && record;
}

/** Compiles and downloads what is missing, which takes minutes on a machine that never did. */
async function provideParts({ screen }: DemoContext) {
  const missing = await missingParts(parts);
  if (missing.length > 0) {
    screen.heading('The real parts, the first time on this machine');
    screen.say(`Not here yet: ${missing.map(({ part }) => part).join(', ')}.`);
    screen.say(
      'They are compiled or downloaded once and kept in the user’s cache folder. Expect a quarter of an hour on two cores; Ctrl-C is safe, what is finished stays.',
    );
    screen.line();
  }
  const work = (progress: (line: string) => void) => provide(parts, { progress });
  if (missing.length === 0) return work(() => undefined);
  return screen.task('getting them', (task) => work((line) => task.tell(line)));
}

async function setStage(
  { screen, atEnd, folder }: DemoContext,
  tools: Awaited<ReturnType<typeof provideParts>>,
): Promise<Stage> {
  const [cluster, forge] = await screen.task(
    'etcd, API server, controllers, scheduler, kwok; Gitea in the role of GitHub',
    async () => {
      const starting = [startCluster({ users: [frontUser] }), startForge()] as const;
      for (const start of starting) start.then((part) => atEnd(() => part.stop())).catch(() => undefined);
      return Promise.all(starting);
    },
  );
  await prepareNamespace(cluster);
  const repository = await forge.createRepository('shop');
  const { token } = await forge.createUserToken({ user: person, repository });
  const scratch = await createScratchRepository({
    remote: forge.cloneUrl(repository, token),
    folder: join(folder, 'shop'),
    plan: 'rollback.yml',
  });
  const { helm4: helm, kubectl } = tools;
  const deployer = createDeployer({ cluster, repository: scratch.folder, helm, kubectl });
  return { cluster, forge, repository, token, scratch, deployer, tools };
}

/** The button: what a workflow would give to the action, and the action as the runner starts it. */
async function press(context: DemoContext, stage: Stage, url: string): Promise<ActionResult> {
  const { screen, folder, signal } = context;
  const { cluster, forge, repository, scratch, token, tools } = stage;
  const inputs = {
    mode: 'rollback',
    to: 'previous',
    severity: 'P0',
    publish: 'commit',
    reason: why,
    inputs: `url: ${url}`,
  };
  screen.rows([...Object.entries(inputs), ['', 'node dist/index.js']]);
  screen.line();
  const result = await runAction({
    inputs: { ...inputs, token },
    workspace: scratch.folder,
    temporary: join(folder, 'runner'),
    node: tools.node24,
    path: [dirname(tools.helm4), dirname(tools.kubectl)],
    environment: {
      KUBECONFIG: cluster.kubeconfig,
      GITHUB_ACTOR: person,
      GITHUB_API_URL: forge.apiUrl,
      GITHUB_SERVER_URL: forge.url,
      GITHUB_REPOSITORY: repository.fullName,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: await scratch.git('rev-parse', 'HEAD'),
      GITHUB_RUN_ID: '1',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_WORKFLOW: 'Rollback',
    },
    onLine: (line) => screen.quote(line),
    signal,
  });
  screen.line();
  const { outcome = 'no outcome' } = result.outputs;
  screen.say(
    `${outcome}, exit code ${result.exitCode ?? result.killedBy}, after ${inSeconds(result.durationMs)}`,
    result.exitCode === 0 ? 'good' : 'bad',
  );
  return result;
}

/** Shows that the record is in the repository, by looking where a stranger would look. @returns whether it is */
async function showRecord(
  { screen }: DemoContext,
  { forge, repository }: Stage,
  clone: string,
  path: string,
): Promise<boolean> {
  const git = await cloneAfresh(forge.cloneUrl(repository), clone);
  // The token in the address dies with the forge, but need not lie about.
  await git('remote', 'set-url', 'origin', `${forge.url}/${repository.fullName}.git`);
  screen.say('$ git log --oneline', 'dim');
  for (const line of (await git('log', '--oneline')).split('\n')) screen.say(line);
  const committed = (await git('ls-tree', '-r', '--name-only', 'HEAD')).split('\n').includes(path);
  if (!committed) return false;
  screen.line();
  screen.say('$ git show --stat --format=%an,%x20%ar%n%B', 'dim');
  for (const line of (await git('show', '--stat', '--format=%an, %ar%n%B')).split('\n')) screen.say(line);
  screen.line();
  screen.say(`Its timeline, from ${path}:`);
  await showTimeline(screen, join(clone, path));
  return true;
}

async function until(happened: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await happened())) {
    if (performance.now() > deadline) throw new Error('it did not happen in 30 s');
    await sleep(50);
  }
}
