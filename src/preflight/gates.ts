// The gates a run passes before its first change. Every gate says what it saw; one refusal stops the run.

import { RollbackPlanError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Processes } from '../ports.ts';
import type { Requirement } from '../values/operation.ts';
import { examineTools } from './tools.ts';

/** Proves that tools are there, each once in a run. Throws the first refusal, after all were said. */
export type ProveTools = (requirements: readonly Requirement[]) => Promise<void>;

export function createToolProof(processes: Processes, emit: Emit): ProveTools {
  const proven = new Set<string>();
  return async (requirements) => {
    const open = requirements.filter((requirement) => !proven.has(JSON.stringify(requirement)));
    await proveTools(open, processes, emit);
    for (const requirement of open) proven.add(JSON.stringify(requirement));
  };
}

async function proveTools(
  requirements: readonly Requirement[],
  processes: Processes,
  emit: Emit,
): Promise<void> {
  const findings = await examineTools(requirements, processes);
  let refusal: RollbackPlanError | undefined;
  for (const finding of findings) {
    if (finding.state === 'pass') {
      const { tool: subject, detail } = finding;
      await emit({ type: 'gate', name: 'tool', subject, state: 'pass', detail });
    } else {
      await emit({
        type: 'gate',
        name: 'tool',
        subject: finding.tool,
        state: 'refuse',
        detail: finding.error.message,
        hint: finding.error.hint,
      });
      refusal ??= finding.error;
    }
  }
  if (refusal !== undefined) throw refusal;
}

/** Typed guards against the wrong place and the wrong plan. */
export function proveConfirmation(confirm: string | undefined, target: string): void {
  if (confirm !== undefined && confirm !== target) {
    throw new RollbackPlanError(
      'confirm-mismatch',
      `confirm says "${confirm}", and the target is "${target}"`,
      {
        hint: `Type the target's name exactly: confirm: ${target}. If you meant ${confirm}, give target: ${confirm}`,
      },
    );
  }
}

export function proveApproval(approved: string | undefined, actual: string): void {
  if (approved !== undefined && approved !== actual) {
    throw new RollbackPlanError(
      'digest-mismatch',
      `what was approved is not what would run now (approved ${approved}, now ${actual})`,
      {
        hint: 'The plan, the target, or what is live changed since. Run with dry-run: true, look again, and approve the new digest.',
      },
    );
  }
}
