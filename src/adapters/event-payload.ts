// What the runner says about the event that started the workflow, as far as somebody here asks for it.

import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';

const pullRequest = z.looseObject({ pull_request: z.looseObject({ number: z.int().positive() }) });
const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const workflowRun = z.looseObject({ workflow_run: z.looseObject({ head_sha: sha }) });
const deployment = z.looseObject({ deployment: z.looseObject({ sha }) });

/** Number of the pull request that the event is about; `undefined` when it is about none, or can't be read. */
export function pullRequestIn(path: string | undefined): number | undefined {
  return pullRequest.safeParse(readEvent(path)).data?.pull_request.number;
}

/**
 * The commit that the event is about, where it is another than the runner's GITHUB_SHA: a workflow that another one or a
 * deployment started runs at the head of the default branch. `undefined` for other events, and when it can't be read.
 */
export function commitIn(name: string | undefined, path: string | undefined): string | undefined {
  switch (name) {
    case 'workflow_run':
      return workflowRun.safeParse(readEvent(path)).data?.workflow_run.head_sha;
    case 'deployment':
    case 'deployment_status':
      return deployment.safeParse(readEvent(path)).data?.deployment.sha;
    default:
      return undefined;
  }
}

function readEvent(path: string | undefined): unknown {
  if (path === undefined || path === '') return undefined;
  try {
    // A pipe may wait for a writer that never comes.
    return statSync(path).isFile() ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}
