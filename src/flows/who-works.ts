// Who is at work in the target, by its lock: what is measured meanwhile tells about nothing that lasts.

import type { Stage } from './stage.ts';

/** The holder of the lock; `undefined` where it is free, can't be read, or its holder has not been heard of for long. */
export async function whoWorks({ run, world }: Pick<Stage, 'run' | 'world'>): Promise<string | undefined> {
  try {
    const { record } = (await run.site.state(run.service)?.lock.read()) ?? {};
    if (record === undefined || record.holder === '') return undefined;
    const age = world.clock.now().getTime() - Date.parse(record.renewedAt);
    return age < 2 * record.termMs ? record.holder : undefined;
  } catch {
    return undefined;
  }
}
