// What the runner says about the event that started the workflow, as far as somebody here asks for it.

import { readFileSync } from 'node:fs';
import { z } from 'zod';

const payload = z.looseObject({ pull_request: z.looseObject({ number: z.int().positive() }) });

/** Number of the pull request that the event is about; `undefined` when it is about none, or can't be read. */
export function pullRequestIn(path: string | undefined): number | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return payload.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data?.pull_request.number;
  } catch {
    return undefined;
  }
}
