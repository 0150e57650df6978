// The whole story on a real cluster and a real forge: deployed good, deployed bad, rolled back by the action, recorded.
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../real-parts/cluster.ts';
import { clusterTools, type ToolName } from '../real-parts/part-catalogue.ts';
import { missingParts, provide, type ToolPaths } from '../real-parts/provide.ts';
import { type DemoContext, inSeconds, showFiles, showMoments, showTimeline, showVisit } from './demo.ts';
import { type Home, provideHome } from './home.ts';
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

const parts = [...clusterTools, 'kubectl', 'helm4', 'node24'] as const satisfies readonly ToolName[];
type Tools = ToolPaths<(typeof parts)[number]>;

const person = 'on-call';
const paths = ['/', '/checkout'];
const everything = [...paths, '/health'];
const why = '1.2.0 is out: the window is down, and two orders in five fail';

interface Stage {
  readonly cluster: Cluster;
  readonly home: Home;
  readonly scratch: ScratchRepository;
  readonly deployer: Deployer;
  readonly tools: Tools;
}

/**
 * @returns whether the shop is good again and its record is committed
 * @throws PartsUnavailable before anything was started, if this machine can't have a cluster
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
  screen.say('What a user sees, in 20 requests each:');
  await showVisit(screen, front.url, everything);

  screen.heading('Release 1.2.0 goes out. The deploy is green, the shop is not');
  await scratch.release('1.2.0');
  const deployed = visitor.now();
  await screen.task(describeRelease('1.2.0'), () => deployRelease(deployer));
  await screen.task('the pods of shop-web begin to crash', () =>
    until(async () => (await ask(front.url)).status === 503),
  );
  screen.line();
  screen.say('What a user sees:');
  await showVisit(screen, front.url, everything);

  screen.heading('Somebody presses the button');
  const pressed = visitor.now();
  const result = await press(context, stage, front.url);
  const done = visitor.now();

  screen.heading('What a user saw');
  await sleep(500);
  await visitor.leave();
  showMoments(screen, visitor, { deployed, pressed, done });
  screen.line();
  const good = await showVisit(screen, front.url, everything);

  screen.heading('The record');
  const recorded = await showRecord(context, stage, result);

  screen.heading('The files');
  showFiles(context, result, [['fresh clone', join(folder, 'clone')]]);
  screen.line();
  if (result.exitCode !== 0) screen.say(`The action ended with exit code ${result.exitCode}.`, 'bad');
  if (!good) screen.say('The shop is not good again.', 'bad');
  if (!recorded) screen.say('The incident record was not committed.', 'bad');
  return result.exitCode === 0 && good && recorded;
}

/** Compiles and downloads what is missing, which takes minutes on a machine that never did. */
async function provideParts({ screen }: DemoContext): Promise<Tools> {
  const missing = await missingParts(parts);
  if (missing.length === 0) return provide(parts);
  screen.heading('The real parts, the first time on this machine');
  screen.say(`Not here yet: ${missing.map(({ part }) => part).join(', ')}.`);
  screen.say(
    'They are compiled or downloaded once and kept in the cache folder. Expect ten minutes and more on two cores. Ctrl-C is safe: what is finished stays.',
  );
  screen.line();
  return screen.task('parts', (task) => provide(parts, { progress: (line) => task.tell(line) }));
}

async function setStage(context: DemoContext, tools: Tools): Promise<Stage> {
  const { screen, atEnd, folder } = context;
  const starting = startCluster({ users: [frontUser] });
  starting.then((cluster) => atEnd(() => cluster.stop())).catch(() => undefined);
  const home = await provideHome(context, person);
  const cluster = await screen.task('Kubernetes: etcd, API server, controllers, kwok', () => starting);
  await prepareNamespace(cluster);
  const scratch = await createScratchRepository({
    remote: home.remote,
    folder: join(folder, 'shop'),
    plan: 'rollback.yml',
  });
  const { helm4: helm, kubectl } = tools;
  const deployer = createDeployer({ cluster, repository: scratch.folder, helm, kubectl });
  return { cluster, home, scratch, deployer, tools };
}

/** The button: what a workflow would give to the action, and the action as the runner starts it. */
async function press(context: DemoContext, stage: Stage, url: string): Promise<ActionResult> {
  const { screen, folder, signal, atEnd } = context;
  const { cluster, home, scratch, tools } = stage;
  const inputs = {
    mode: 'rollback',
    to: 'previous',
    severity: 'P0',
    publish: home.publish,
    reason: why,
    inputs: `url: ${url}`,
  };
  screen.rows([...Object.entries(inputs), ['', 'node dist/index.js']]);
  screen.line();
  const running = runAction({
    inputs: { ...inputs, token: home.token },
    workspace: scratch.folder,
    temporary: join(folder, 'runner'),
    node: tools.node24,
    path: [dirname(tools.helm4), dirname(tools.kubectl)],
    environment: {
      KUBECONFIG: cluster.kubeconfig,
      GITHUB_ACTOR: person,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: await scratch.git('rev-parse', 'HEAD'),
      GITHUB_RUN_ID: '1',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_WORKFLOW: 'Rollback',
      ...home.environment,
    },
    onLine: (line) => screen.quote(line),
    signal,
  });
  // Whoever ends the demo now waits for the action, which writes down how far it came.
  atEnd(() => running.then(() => undefined));
  const result = await running;
  screen.line();
  const { outcome = 'no outcome' } = result.outputs;
  const ended = `exit code ${result.exitCode ?? result.killedBy}`;
  screen.say(
    `${outcome}, ${ended}, after ${inSeconds(result.durationMs)}`,
    result.exitCode === 0 ? 'good' : 'bad',
  );
  return result;
}

/** Looks for the record where a stranger would. @returns whether it is where the plan wants it */
async function showRecord(
  { screen, folder }: DemoContext,
  { home }: Stage,
  { outputs }: ActionResult,
): Promise<boolean> {
  const clone = join(folder, 'clone');
  const path = outputs['incident-path'] ?? '';
  const git = await cloneAfresh(home.remote, clone);
  // The token in the address dies with the forge, but need not lie about.
  await git('remote', 'set-url', 'origin', home.address);
  if (home.publish === 'none') {
    screen.say('Without a forge there is no API to commit it with. Its timeline:');
    await showTimeline(screen, path);
    return true;
  }
  const show = async (...args: string[]): Promise<void> => {
    screen.say(`$ git ${args.join(' ')}`, 'dim');
    for (const line of (await git(...args)).split('\n')) screen.say(line);
  };
  screen.say('In a fresh clone of the repository:');
  await show('log', '--oneline');
  const committed = (await git('ls-tree', '-r', '--name-only', 'HEAD')).split('\n').includes(path);
  if (!committed) return false;
  screen.line();
  await show('show', '--stat=70', '--format=%an, %ar');
  screen.line();
  screen.say('Its timeline:');
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
