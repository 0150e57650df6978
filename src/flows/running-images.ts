// Which images a verified version really ran, by digest, as the cluster tells: a tag may mean something else by the time
// somebody goes back to it. What can't be read adds nothing.

import { z } from 'zod';
import type { KindContext } from '../ports.ts';
import type { BoundComponent } from '../target/pin.ts';
import type { Reading } from '../values/version.ts';

const running = z.looseObject({
  running: z
    .array(
      z.looseObject({
        images: z.array(z.looseObject({ digest: z.string().nullish() })).default([]),
      }),
    )
    .default([]),
});

/** The readings, and with them what the components' pods run. A component that is not healthy runs a mixture. */
export async function withRunningImages(
  components: readonly BoundComponent[],
  readings: ReadonlyMap<string, Reading>,
  context: KindContext,
): Promise<ReadonlyMap<string, Reading>> {
  const told = await Promise.all(
    components.map(async ({ name, kind, settings }) => {
      const reading = readings.get(name);
      if (reading === undefined) return [];
      const captured =
        reading.health === 'healthy'
          ? await kind.capture(context, settings).catch(() => undefined)
          : undefined;
      const ran = captured === undefined ? [] : imagesThatRan(captured.data);
      return [[name, { ...reading, facts: { ...reading.facts, ran } }] as const];
    }),
  );
  return new Map(told.flat());
}

/** `registry.example/api@sha256:…`, as runtimes note it, without the word that some put before it. Pure. */
export function imagesThatRan(data: unknown): readonly string[] {
  const found = running.safeParse(data).data?.running ?? [];
  const digests = found.flatMap(({ images }) => images.flatMap(({ digest }) => digest ?? []));
  return [...new Set(digests.map((digest) => digest.replace(/^[a-z-]+:\/\//, '')))];
}
