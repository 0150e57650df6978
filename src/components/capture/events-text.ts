// Kubernetes events as lines for people, oldest first, the way `kubectl get events` tells them.

import { z } from 'zod';
import type { JsonObject } from '../../values/json.ts';

const event = z.looseObject({
  type: z.string().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  count: z.number().nullish(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  series: z.looseObject({ count: z.number().nullish(), lastObservedTime: z.string().nullish() }).nullish(),
  metadata: z.looseObject({ uid: z.string().nullish(), creationTimestamp: z.string().nullish() }).nullish(),
  involvedObject: z.looseObject({ kind: z.string().nullish(), name: z.string().nullish() }).nullish(),
});

/** An hour is what an API server keeps by default; a busy namespace still has thousands. */
const mostEvents = 1_000;

/** Empty where there are none. The newest are kept where there are too many. */
export function eventsText(events: readonly JsonObject[]): string {
  const seen = new Set<string>();
  const lines = events.flatMap((each) => {
    const parsed = event.safeParse(each);
    if (!parsed.success) return [];
    const { metadata, involvedObject: about, series, type, reason, message, ...rest } = parsed.data;
    const uid = metadata?.uid ?? '';
    if (uid !== '' && seen.has(uid)) return [];
    seen.add(uid);
    const at =
      series?.lastObservedTime ??
      rest.lastTimestamp ??
      rest.eventTime ??
      rest.firstTimestamp ??
      metadata?.creationTimestamp ??
      '';
    const times = series?.count ?? rest.count ?? 1;
    const object = `${(about?.kind ?? 'object').toLowerCase()}/${about?.name ?? '?'}`;
    const said = (message ?? '').replaceAll(/\s*\n\s*/g, ' ').trim();
    return [
      {
        at,
        line: `${at}  ${type ?? ''}  ${reason ?? ''}  ${object}  ${times > 1 ? `(x${times}) ` : ''}${said}`,
      },
    ];
  });
  const ordered = lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(-mostEvents);
  return ordered.map(({ line }) => `${line}\n`).join('');
}
