// The plan as the forge has it, at one commit of the repository: what is checked out is not looked at, because whoever
// started the workflow chose that. Which commit that is and whether it is trusted is decided in `trust.ts`.

import { RollbackPlanError } from '../errors.ts';
import type {
  Forge,
  ForgeAnswer,
  ForgeEntry,
  ForgeFault,
  ForgeLimits,
  ForgeObjects,
} from '../ports/forge.ts';
import type { Clock, PlanSource } from '../ports.ts';
import { planPathIn, quotedPath } from '../values/plan-path.ts';
import { originOf } from './trust.ts';

/** The forge with the token to read it. */
export type PlanForge = { readonly forge: Forge; readonly objects: ForgeObjects };

export type ForgeSourcePorts = {
  /** `undefined` when there is no token to read it with. */
  connect(): Promise<PlanForge | undefined>;
  /** Absolute; stands for the top of the repository. */
  readonly workspace: string;
  /** To tell whether a plan that the forge has not is checked out. */
  readonly checkedOut: PlanSource;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

const deadlineMs = 20_000;
/** Before the second and the third try. */
const waitsMs = [1_000, 3_000];

/** Reads from the default branch, or from the branch, tag or commit that is asked for. */
export function createForgeSource(ports: ForgeSourcePorts): PlanSource {
  return {
    async read(path, maxBytes, ref = '') {
      const shown = planPathIn(ports.workspace, path);
      const reached = await ports.connect();
      if (reached === undefined) {
        throw unreadable('there is no token to read it with', 'Give the action its input `token`.');
      }
      const { forge, objects } = reached;
      const { repository } = forge;
      const ask = patient(ports, repository);
      const defaultBranch = await ask((limits) => forge.defaultBranch(limits));
      const head = await ask((limits) => forge.branchHead(defaultBranch, limits));
      if (head === undefined) {
        throw unreadable(`${repository} has no branch ${defaultBranch} for this token`, mayRead);
      }
      const named = ref === '' || ref === defaultBranch;
      const commit = named ? head : await ask((limits) => objects.commitOf(ref, limits));
      if (commit === undefined) throw unknownRef(ref, repository);
      const inHistory =
        commit === head || (await ask((limits) => objects.isInHistory({ commit, head }, limits)));
      const origin = originOf({ asked: ref, defaultBranch, head, commit, inHistory });
      const entry = await ask((limits) => objects.entryAt({ commit, path: shown, maxBytes }, limits));
      if (entry === undefined) {
        const at = `${origin.ref} (commit ${commit.slice(0, 12)})`;
        throw missing(path, at, defaultBranch, await isCheckedOut(ports.checkedOut, path));
      }
      if (entry.type !== 'file') throw notAFile(path, shown, entry);
      return { bytes: entry.bytes ?? new Uint8Array(), size: entry.size, shown, origin };
    },
  };
}

type PatientAsk = <Value>(once: (limits: ForgeLimits) => Promise<ForgeAnswer<Value>>) => Promise<Value>;

/** Asks again where the forge did not answer or was not itself; throws `plan-ref-unreadable` in the end. */
function patient({ clock, signal }: ForgeSourcePorts, repository: string): PatientAsk {
  return async (once) => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await once({ deadlineMs, signal });
      if (answer.ok) return answer.value;
      const wait = waitsMs[attempt];
      if (wait === undefined || signal.aborted || !mayPass(answer.fault)) {
        throw forgeFailed(answer.fault, repository);
      }
      await clock.sleep(wait, signal);
    }
  };
}

function mayPass({ status }: ForgeFault): boolean {
  return status === undefined || status === 429 || status >= 500;
}

const mayRead = 'Give the job `permissions: { contents: read }` and the action its `token`.';

function forgeFailed({ status, message }: ForgeFault, repository: string): RollbackPlanError {
  const refused = status === 401 || status === 403 || status === 404;
  const said = status === undefined ? message : `${message} (HTTP ${status})`;
  return unreadable(
    `the forge does not give it out of ${repository}: ${said}`,
    refused ? mayRead : 'Press again in a minute.',
  );
}

function unreadable(why: string, remedy: string): RollbackPlanError {
  return new RollbackPlanError('plan-ref-unreadable', `the plan can't be read from the repository: ${why}`, {
    hint: `${remedy} If it can't wait: \`override: untrusted-plan\` takes the checked-out file instead, and the record will say so.`,
  });
}

function unknownRef(ref: string, repository: string): RollbackPlanError {
  return new RollbackPlanError(
    'plan-missing',
    `${repository} has no branch, tag or commit ${quotedPath(ref)}`,
    {
      hint: 'Correct the input `plan-ref`, or leave it empty: then the plan is the default branch’s.',
    },
  );
}

function missing(path: string, at: string, defaultBranch: string, checkedOut: boolean): RollbackPlanError {
  const hint = checkedOut
    ? `It is among the checked-out files: commit it to ${defaultBranch} first. Plans are read from there, so that nobody can bring their own.`
    : `Commit a plan to ${defaultBranch}, or set the input \`plan\` to the path of the one that is there. The smallest is five lines, see docs/plan-reference.md.`;
  return new RollbackPlanError('plan-missing', `there is no plan at ${quotedPath(path)} on ${at}`, { hint });
}

function notAFile(
  path: string,
  shown: string,
  { type, at }: Exclude<ForgeEntry, { readonly type: 'file' }>,
): RollbackPlanError {
  const what =
    at === shown ? `is a ${type}, not a file` : `lies behind ${quotedPath(at)}, which is a ${type}`;
  return new RollbackPlanError('plan-invalid', `the plan ${quotedPath(path)} ${what}`, {
    hint:
      type === 'folder'
        ? 'Give the input `plan` the path of a YAML file.'
        : `Replace the ${type} with what it points to.`,
  });
}

async function isCheckedOut(checkedOut: PlanSource, path: string): Promise<boolean> {
  return await checkedOut.read(path, 1).then(
    () => true,
    () => false,
  );
}
