// Where the shop's repository lives during the demo: a real forge, to which the action commits its record over the
// API, or a bare repository where no forge can be had.
import { join } from 'node:path';
import { startForge } from '../real-parts/forge.ts';
import { PartsUnavailable } from '../real-parts/parts-unavailable.ts';
import { missingParts } from '../real-parts/provide.ts';
import { command } from './commands.ts';
import type { DemoContext } from './demo.ts';
import { gitEnvironment } from './scratch-repository.ts';

export interface Home {
  /** To clone from and push to. May hold a token. */
  readonly remote: string;
  /** The same without a token. */
  readonly address: string;
  readonly token: string;
  /** What the action can do with the record here. */
  readonly publish: 'commit' | 'none';
  /** What the runner says about it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A repository `shop` to which `person` may write. */
export async function provideHome(context: DemoContext, person: string): Promise<Home> {
  const { screen } = context;
  try {
    return await onForge(context, person);
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    screen.say('The forge can not be had, so the record will stay a local file:');
    screen.say(error.message);
    return onDisk(context);
  }
}

async function onForge({ screen, atEnd }: DemoContext, person: string): Promise<Home> {
  const [missing] = await missingParts(['gitea']);
  if (missing !== undefined) screen.say('Gitea is not here yet: it is compiled once, in about five minutes.');
  const forge = await screen.task('Gitea, in the role of GitHub', (task) =>
    startForge({ progress: (line) => (missing === undefined ? undefined : task.tell(line)) }),
  );
  atEnd(() => forge.stop());
  const repository = await forge.createRepository('shop');
  const { token } = await forge.createUserToken({ user: person, repository });
  return {
    remote: forge.cloneUrl(repository, token),
    address: `${forge.url}/${repository.fullName}.git`,
    token,
    publish: 'commit',
    environment: {
      GITHUB_API_URL: forge.apiUrl,
      GITHUB_SERVER_URL: forge.url,
      GITHUB_REPOSITORY: repository.fullName,
    },
  };
}

/** Also the home of the demo without a cluster. */
export async function onDisk({ folder }: DemoContext): Promise<Home> {
  const remote = join(folder, 'remote.git');
  await command(['git', 'init', '--quiet', '--bare', '--initial-branch', 'main', remote], {
    env: gitEnvironment,
  });
  return { remote, address: remote, token: '', publish: 'none', environment: {} };
}
