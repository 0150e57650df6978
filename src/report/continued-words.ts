// What a run says of the incident that it goes on with, and of the lock that it took over. Plain text, not yet escaped.

import type { RunEvent } from '../events.ts';

/** What a run is to the incident that is kept in the target. */
export function incidentText(event: Extract<RunEvent, { readonly type: 'incident' }>): string {
  const opened = `opened at ${event.openedAt} by ${event.openedBy}`;
  switch (event.state) {
    case 'opened':
      return `incident ${event.incident} is open; its journal: ${event.detail}`;
    case 'continued':
      return `continues ${event.incident}, ${opened}`;
    case 'superseded':
      return `${event.incident}, ${opened}, is superseded: ${event.detail}`;
  }
}

export function takenOverText(event: Extract<RunEvent, { readonly type: 'lock-taken-over' }>): string {
  return `took over the lock of ${event.from} (fence ${event.fence} now): ${event.detail}`;
}
