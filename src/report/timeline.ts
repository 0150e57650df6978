// The story of a run, line by line: which events are worth a line, and what it says. Text is plain and not yet escaped.

import type { RunEvent } from '../events.ts';
import type { TimelineEntry, Tone } from './model.ts';
import { changesText, formatDuration, outcomeWords } from './wording.ts';

type Line = { readonly tone: Tone; readonly text: string };

export function timelineOf(events: readonly RunEvent[]): readonly TimelineEntry[] {
  const finishedSteps = new Set(
    events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : [])),
  );
  const lastCheck = new Map<string, string>();
  const told = events.flatMap((event) => {
    // After a phase the same answer is news again: it is what the phase led to.
    if (event.type === 'phase-finished') lastCheck.clear();
    if (event.type === 'check-finished') {
      // In a long watch only a change is news.
      if (lastCheck.get(event.name) === event.state) return [];
      lastCheck.set(event.name, event.state);
    }
    if (event.type === 'step-started' && finishedSteps.has(event.step)) return [];
    return linesOf(event).map((said) => ({ at: event.at, elapsedMs: event.elapsedMs, ...said }));
  });
  const last = events.at(-1);
  if (last === undefined || events.some(({ type }) => type === 'run-finished')) return told;
  const end = line('bad', 'the journal of this run ends here, without a verdict');
  return [...told, { at: last.at, elapsedMs: last.elapsedMs, ...end }];
}

function linesOf(event: RunEvent): readonly Line[] {
  switch (event.type) {
    case 'run-started': {
      const what = event.dryRun ? `a dry run of ${event.mode}` : event.mode;
      const why = event.reason === '' ? '' : `: ${event.reason}`;
      return [
        line('plain', `${event.actor} started ${what} of ${event.service} in ${event.target}${why}`),
        ...event.overrides.map((name) => line('warning', `override given by ${event.actor}: ${name}`)),
      ];
    }
    case 'gate':
      if (event.state === 'pass') return [];
      return [
        line(
          event.state === 'refuse' ? 'bad' : 'warning',
          `gate ${event.name} ${gateWords[event.state]}: ${event.detail}`,
        ),
      ];
    case 'pinned':
      return [line('plain', `pinned: ${changesText(event.changes)}`)];
    case 'captured':
      return [line('plain', `saved ${event.label} of ${event.of}`)];
    case 'budget-exceeded':
      return [
        line('warning', `phase ${event.phase} went over its budget of ${formatDuration(event.budgetMs)}`),
      ];
    case 'phase-finished':
      if (event.status === 'succeeded') return [];
      return [
        event.status === 'failed'
          ? line('bad', `phase ${event.phase} failed after ${formatDuration(event.durationMs)}`)
          : line('plain', `phase ${event.phase} skipped`),
      ];
    case 'step-started':
      return [line('warning', `${event.title}: started, and its end is not in the journal`)];
    case 'step-finished':
      return [stepLine(event)];
    case 'done':
      if (event.ended === 'succeeded') return [];
      return [line('warning', `${event.step}, attempt ${event.attempt}: ${event.evidence || event.ended}`)];
    case 'check-finished':
      return [
        line(
          event.state === 'pass' ? 'good' : event.state === 'fail' ? 'bad' : 'warning',
          `check ${event.name}: ${event.state}, ${event.value} (expected ${event.expected})`,
        ),
      ];
    case 'note':
      return [line(event.level === 'warning' ? 'warning' : 'plain', event.text)];
    case 'cancel-requested':
      return [line('warning', `cancelled by ${event.by}`)];
    case 'run-finished':
      return [
        line(
          outcomeWords[event.outcome].tone,
          `${event.outcome} after ${formatDuration(event.durationMs)}${event.fault === undefined ? '' : `: ${event.fault.message}`}`,
        ),
      ];
    case 'published':
      return event.ok
        ? [line('plain', `record written to ${event.path}`)]
        : [
            line(
              'warning',
              `record not written to ${event.path}: ${event.fault?.message ?? 'no reason given'}`,
            ),
          ];
    case 'watch-started':
    case 'watch-finished':
    case 'snapshot-noted':
    case 'drill-measured':
    case 'drill-compared':
    case 'found':
    case 'phase-started':
    case 'step-planned':
    case 'intent':
      return [];
  }
}

const gateWords = { warn: 'warns', refuse: 'refuses', unknown: 'could not tell' } as const;

function stepLine(event: Extract<RunEvent, { readonly type: 'step-finished' }>): Line {
  const took = formatDuration(event.durationMs);
  const moved =
    event.before === undefined && event.after === undefined
      ? ''
      : ` (${event.before ?? '?'} → ${event.after ?? '?'})`;
  switch (event.status) {
    case 'succeeded':
      return line('good', `${event.title}: done in ${took}${moved}`);
    case 'skipped':
      return line('plain', `${event.title}: skipped, ${event.evidence}`);
    case 'failed':
      return line('bad', `${event.title}: failed after ${took}, ${event.fault?.message ?? event.evidence}`);
    case 'unknown':
      return line('bad', `${event.title}: unknown after ${took}, ${event.fault?.message ?? event.evidence}`);
  }
}

function line(tone: Tone, text: string): Line {
  return { tone, text };
}
