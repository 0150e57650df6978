// The part of the story that needs only git and Node: configuration deployed from a branch goes bad, the action puts
// the branch back to the last tag, and asks the shop over HTTP whether it is well.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { missingParts, provide } from '../real-parts/provide.ts';
import { type DemoContext, inSeconds, showFiles, showMoments, showTimeline, showVisit } from './demo.ts';
import { onDisk } from './home.ts';
import { type ActionResult, runAction } from './run-action.ts';
import { cloneAfresh, createScratchRepository, type ScratchRepository } from './scratch-repository.ts';
import { startShopFront } from './shop-front.ts';
import { branchSource } from './shop-state.ts';
import { invite } from './visitor.ts';

const paths = ['/', '/checkout', '/health'];

/** @returns whether the shop is good again */
export async function branchDemo(context: DemoContext): Promise<boolean> {
  const { screen, atEnd, folder } = context;

  screen.heading('A repository with a remote, and a shop that reads its branch main');
  const { remote } = await onDisk(context);
  const scratch = await createScratchRepository({
    remote,
    folder: join(folder, 'shop'),
    plan: 'rollback-without-cluster.yml',
  });
  await scratch.release('1.0.0');
  await scratch.release('1.1.0');
  const front = await startShopFront(branchSource(remote, 'main'));
  atEnd(() => front.close());
  screen.say('Tags v1.0.0 and v1.1.0 are pushed. What a user sees:');
  await showVisit(screen, front.url, paths);
  const visitor = invite(front.url, ['/health']);
  atEnd(() => visitor.leave());
  await sleep(600);

  screen.heading('v1.2.0 is pushed, and it is bad');
  const deployed = visitor.now();
  await scratch.release('1.2.0');
  await showVisit(screen, front.url, paths);

  screen.heading('Somebody presses the button');
  const pressed = visitor.now();
  const result = await press(context, scratch, front.url);
  const done = visitor.now();

  screen.heading('What a user saw');
  await visitor.leave();
  showMoments(screen, visitor, { deployed, pressed, done });
  screen.line();
  const good = await showVisit(screen, front.url, paths);

  screen.heading('The branch, in a fresh clone, and the record');
  const clone = join(folder, 'clone');
  const git = await cloneAfresh(remote, clone);
  screen.say('$ git log --stat -1', 'dim');
  for (const line of (await git('log', '--stat=70', '-1')).split('\n')) screen.say(line);
  screen.line();
  const record = result.outputs['incident-path'];
  if (record !== undefined && record !== '') await showTimeline(screen, record);

  screen.heading('The files');
  showFiles(context, result, [['fresh clone', clone]]);
  screen.line();
  if (result.exitCode !== 0) screen.say(`The action ended with exit code ${result.exitCode}.`, 'bad');
  if (!good) screen.say('The shop is not good again.', 'bad');
  return result.exitCode === 0 && good;
}

async function press(
  { screen, folder, signal, atEnd }: DemoContext,
  scratch: ScratchRepository,
  url: string,
): Promise<ActionResult> {
  const reason = 'v1.2.0: every order ships for free';
  const inputs = { mode: 'rollback', to: 'previous', severity: 'P1', reason, inputs: `url: ${url}` };
  screen.rows([...Object.entries(inputs), ['', 'node dist/index.js']]);
  screen.line();
  // Node 24 is what the runner has; ours stands in where it can't be had.
  const [missing] = await missingParts(['node24']);
  const node = missing === undefined ? (await provide(['node24'])).node24 : process.execPath;
  const running = runAction({
    inputs,
    workspace: scratch.folder,
    temporary: join(folder, 'runner'),
    node,
    path: [],
    environment: {
      // The action's own git calls are to see no settings of this machine either.
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GITHUB_ACTOR: 'on-call',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: await scratch.git('rev-parse', 'HEAD'),
    },
    onLine: (line) => screen.quote(line),
    signal,
  });
  // Whoever ends the demo now waits for the action, which writes down how far it came.
  atEnd(() => running.then(() => undefined));
  const result = await running;
  screen.line();
  const { outcome = 'no outcome' } = result.outputs;
  screen.say(
    `${outcome}, exit code ${result.exitCode ?? result.killedBy}, after ${inSeconds(result.durationMs)}`,
    result.exitCode === 0 ? 'good' : 'bad',
  );
  return result;
}
