// Asks a database from inside a pod, with the same command that is run here. What the container's environment says about
// its database (PGHOST, PGUSER, PGPASSWORD) counts there where the plan says nothing.

import type { CommandOutcome, KindContext } from '../../ports.ts';
import { type PodPlace, runInPod, shellWord } from '../via/in-pod.ts';
import type { Asked } from './ask.ts';

/** `notAsked`: what kept the command from running at all. Throws nothing. */
export async function askInPod(
  context: KindContext,
  place: PodPlace,
  { argv, env = {} }: Pick<Asked, 'argv' | 'env'>,
  deadlineMs: number,
): Promise<Pick<CommandOutcome, 'ended' | 'exitCode' | 'raw' | 'stderr'> | { readonly notAsked: string }> {
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  const line = `${argv.map(shellWord).join(' ')} </dev/null`;
  const done = await runInPod(context, place, [...variables, line].join('\n'), deadlineMs);
  const where = `inside ${place.exec}`;
  if (!done.ran) return { notAsked: `not asked ${where}: ${done.why}` };
  if (done.exitCode === 126 || done.exitCode === 127) {
    const hint = 'name another with `container`, or use `port-forward`';
    return { notAsked: `not asked ${where}: the container has no ${argv[0]}; ${hint}` };
  }
  const { exitCode, raw, stderr } = done;
  return { ended: 'exited', exitCode, raw, stderr };
}
