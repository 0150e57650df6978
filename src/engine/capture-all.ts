// Keeps state and evidence of every component before the first step: an earlier phase may scale or delete what a later
// step would have captured. Bounded in time, and never a reason to stay broken.

import { messageOf } from '../errors.ts';
import type { KindContext } from '../ports.ts';
import type { Pin } from '../target/pin.ts';
import { boundLogs } from '../values/bound-logs.ts';
import type { Captured, KeptFile } from '../values/operation.ts';
import type { EngineDeps } from './engine-deps.ts';
import { keptFiles } from './kept-files.ts';

/** Reads end here, and what came is kept. */
export const readingMs = 18_000;
/** Whatever has not ended then is left behind. */
export const mostMs = 20_000;

type Kept = {
  readonly name: string;
  readonly captured: Captured;
};
type Failed = { readonly text: string };

/** Reads that go on by themselves, while whatever else speaks against the run is asked. */
export type Capturing = {
  /** Waits for what is being read, writes it and tells of it. Never throws for a kind, a cluster or a disk. */
  keep(): Promise<void>;
  /** Ends the reads of a run that does not act after all. Harmless once all is kept. */
  drop(): void;
};

/** Captures all pins side by side, beginning now. Nothing is written and nothing told before `keep`. */
export function beginCapture(
  pins: ReadonlyMap<string, Pin>,
  context: KindContext,
  deps: EngineDeps,
): Capturing {
  const reading = new AbortController();
  const over = new AbortController();
  void deps.clock.sleep(readingMs, over.signal).then(() => reading.abort());
  const stopped = AbortSignal.any([over.signal, context.signal]);
  const late = deps.clock.sleep(mostMs, stopped).then((): Captured => {
    throw new Error(
      context.signal.aborted ? 'the run was stopped' : `it was not ready within ${mostMs / 1000} s`,
    );
  });
  // Only a race listens to it, and there is none left when it is ended below.
  late.catch(() => undefined);
  const bounded = withSignal(context, AbortSignal.any([context.signal, reading.signal]));
  const captures = [...pins.values()].map(async ({ name, kind, settings }): Promise<Kept | Failed> => {
    try {
      const captured = await Promise.race([kind.capture(bounded, settings), late]);
      return { name, captured };
    } catch (thrown) {
      return { text: notKept(name, thrown) };
    }
  });
  const drop = (): void => {
    over.abort();
    reading.abort();
  };
  return {
    drop,
    async keep() {
      deps.log.info(`Keeping state and logs before anything changes (at most ${mostMs / 1000} s)`);
      const ended = await Promise.all(captures);
      drop();
      for (const each of ended) if ('text' in each) await warn(deps, each.text);
      const kept = ended.flatMap((each) => ('captured' in each ? [each] : []));
      for (const { name, captured } of boundedInSum(kept)) {
        try {
          await keep(name, captured, keptFiles(name, captured, deps.redact), deps);
        } catch (thrown) {
          await warn(deps, notKept(name, thrown));
        }
      }
    },
  };
}

/** Before anything is searched for secrets: reading through what is cut away would only take time. */
function boundedInSum(kept: readonly Kept[]): readonly Kept[] {
  const bounded = boundLogs(kept.flatMap(({ captured }) => captured.files ?? []));
  let at = 0;
  return kept.map(({ name, captured }) => {
    const { files = [] } = captured;
    at += files.length;
    return { name, captured: { ...captured, files: bounded.slice(at - files.length, at) } };
  });
}

function notKept(name: string, thrown: unknown): string {
  return `the state of ${name} could not be kept before the change: ${messageOf(thrown)}`;
}

/** Writes the files and tells of them. */
async function keep(
  of: string,
  captured: Captured,
  files: readonly KeptFile[],
  deps: EngineDeps,
): Promise<void> {
  const written: { path: string; bytes: number }[] = [];
  const lacking = [...(captured.lacking ?? [])];
  for (const { path, text } of files) {
    try {
      await deps.keep(path, text);
      written.push({ path, bytes: Buffer.byteLength(text) });
    } catch (thrown) {
      lacking.push(`${path} could not be written: ${messageOf(thrown)}`);
    }
  }
  for (const line of lacking) deps.log.warning(`not kept of ${of}: ${deps.redact(line)}`);
  const { label, data, namespace } = captured;
  await deps.emit({
    type: 'captured',
    of,
    label,
    data: { state: data },
    namespace,
    folder: deps.runFolder,
    files: written,
    lacking,
  });
}

async function warn(deps: EngineDeps, text: string): Promise<void> {
  deps.log.warning(deps.redact(text));
  await deps.emit({ type: 'note', level: 'warning', text: deps.redact(text) });
}

/** Not a spread: the cluster of a target without one throws when it is looked at. */
function withSignal(context: KindContext, signal: AbortSignal): KindContext {
  const { target, incident, repository, http, clock, log, workspace, secretNames } = context;
  return {
    ...{ target, incident, repository, http, clock, log, workspace, secretNames, signal },
    get cluster() {
      return context.cluster;
    },
    pathType: (path) => context.pathType(path),
    read: (argv, limits) => context.read(argv, limits),
    forward: (to, ofForward) => context.forward(to, ofForward),
  };
}
