// Runs shell text inside a pod. It goes in through standard input, so that no value stands on a command line: those are
// in the list of processes here and in the API server's audit log. The exit code comes back with the output, because
// what `kubectl exec` makes of it can't be told from a failure of its own.

import { toRollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';

export type PodPlace = {
  /** `deployment/api`: kubectl takes the first pod that runs. */
  readonly exec: string;
  readonly container?: string | undefined;
  readonly namespace?: string | undefined;
};

export type InPod =
  | {
      readonly ran: true;
      readonly exitCode: number;
      /** As it was. */
      readonly raw: Buffer;
      /** For people: redacted, and its tail where it is long. */
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly ran: false; readonly why: string };

const marker = '\nrollback-plan: exit code ';
/** On top of what the command itself may take: finding the pod and connecting. */
const connectMs = 10_000;
const keepBytes = 2 * 1024 * 1024;

/** `text` must not read standard input. Throws nothing. */
export async function runInPod(
  context: KindContext,
  place: PodPlace,
  text: string,
  deadlineMs: number,
): Promise<InPod> {
  const { kubectlFlags, namespace: home } = context.cluster;
  const flags = [...kubectlFlags, `--namespace=${place.namespace ?? home}`];
  try {
    const outcome = await context.read(
      [
        'kubectl',
        'exec',
        ...flags,
        `--pod-running-timeout=${connectMs / 1000}s`,
        '--stdin',
        place.exec,
        ...(place.container === undefined ? [] : [`--container=${place.container}`]),
        '--',
        'sh',
      ],
      {
        deadlineMs: deadlineMs + connectMs,
        // The shell ends itself: not every way into a pod tells it that its input is over.
        stdin: `${text}\nprintf '\\n${marker.trim()} %s\\n' "$?"\nexit 0\n`,
        keepBytes,
      },
    );
    const found = outcome.raw.lastIndexOf(marker);
    const code = /^(\d+)\n$/.exec(outcome.raw.subarray(found + marker.length).toString('utf8'))?.[1];
    if (found !== -1 && code !== undefined) {
      const raw = outcome.raw.subarray(0, found);
      const end = outcome.stdout.lastIndexOf(marker);
      const stdout = end === -1 ? '' : outcome.stdout.slice(0, end);
      return { ran: true, exitCode: Number(code), raw, stdout, stderr: outcome.stderr };
    }
    if (outcome.ended === 'output-too-large') return { ran: false, why: 'it wrote more than 2 MiB' };
    if (outcome.ended === 'timed-out') return { ran: false, why: 'it was not done in time' };
    const said = outcome.stderr.trim().split('\n').at(-1) ?? '';
    if (/\bforbidden\b/i.test(said))
      return {
        ran: false,
        why: `${said}. Give the account \`create\` on pods/exec, \`get\` and \`list\` on pods there; see: kubectl auth can-i create pods/exec ${flags.join(' ')}`,
      };
    return { ran: false, why: said === '' ? `kubectl exec ended: ${outcome.ended}` : said };
  } catch (thrown) {
    return { ran: false, why: toRollbackPlanError(thrown).message };
  }
}

/** A word that the shell reads back as it is. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
