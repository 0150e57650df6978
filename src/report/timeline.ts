// The story of a run, line by line: which events are worth a line, and what it says. Text is plain and not yet escaped.

import type { RunEvent } from '../events.ts';
import { endsGreen } from '../events.ts';
import { incidentText, takenOverText } from './continued-words.ts';
import { lastSignOfLife } from './findings.ts';
import { followUpWords } from './follow-ups.ts';
import type { TimelineEntry, Tone } from './model.ts';
import {
  changesText,
  count,
  formatDuration,
  gateName,
  measureWords,
  someOf,
  utc,
  verdictWords,
  versionsText,
  watchWords,
} from './wording.ts';

type Line = { readonly tone: Tone; readonly text: string };

export function timelineOf(events: readonly RunEvent[]): readonly TimelineEntry[] {
  const [first] = events;
  const drill = first?.type === 'run-started' && first.mode === 'drill';
  const finishedSteps = new Set(
    events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : [])),
  );
  const lastCheck = new Map<string, string>();
  const tell = (event: RunEvent): readonly TimelineEntry[] => {
    // After a phase or a watch the same answer is news again: it is what that led to.
    if (event.type === 'phase-finished' || event.type === 'watch-finished') lastCheck.clear();
    if (event.type === 'check-finished') {
      // In a long watch only a change is news.
      if (lastCheck.get(event.name) === event.state) return [];
      lastCheck.set(event.name, event.state);
    }
    if (event.type === 'step-started' && finishedSteps.has(event.step)) return [];
    return linesOf(event, drill).map((said) => ({ at: event.at, elapsedMs: event.elapsedMs, ...said }));
  };
  const ownEnd = lastSignOfLife(events);
  const own = events.slice(0, ownEnd + 1).flatMap(tell);
  const afterwards = events.slice(ownEnd + 1).flatMap(tell);
  const last = events[ownEnd];
  if (last === undefined || events.some(({ type }) => type === 'run-finished'))
    return [...own, ...afterwards];
  const end = line('bad', 'the journal of this run ends here, without a verdict');
  return [...own, { at: last.at, elapsedMs: last.elapsedMs, ...end }, ...afterwards];
}

function linesOf(event: RunEvent, drill: boolean): readonly Line[] {
  switch (event.type) {
    case 'run-started': {
      if (event.mode === 'report') {
        return [
          line(
            'plain',
            `${event.actor} looked for what became of the run of ${event.service} in ${event.target}`,
          ),
        ];
      }
      const mode = event.mode === 'drill' ? 'DRILL' : event.mode;
      const what =
        event.dryRun && event.mode !== 'preflight' ? `a dry run of ${mode}` : drill ? `a ${mode}` : mode;
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
          `gate ${gateName(event)} ${gateWords[event.state]}: ${event.detail}`,
        ),
      ];
    case 'pinned':
      return [line('plain', `pinned: ${changesText(event.changes)}`)];
    case 'captured':
      return [
        line('plain', `kept ${event.label} of ${event.of}`),
        ...(event.lacking ?? []).map((lack) => line('warning', `not kept of ${event.of}: ${lack}`)),
      ];
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
          `check ${event.name}: ${event.state}${event.value === '' ? '' : `, ${event.value}`} (expected ${event.expected})`,
        ),
      ];
    case 'note':
      return [line(event.level === 'warning' ? 'warning' : 'plain', event.text)];
    case 'cancel-requested':
      return [line('warning', `cancelled by ${event.by}`)];
    case 'run-finished': {
      const { tone, label } = verdictWords({ ...event, green: endsGreen(event) });
      const why = event.fault === undefined ? '' : `: ${event.fault.message}`;
      // Said afterwards, by somebody else: its time is not the run's.
      const after = event.fault?.code === 'run-lost' ? '' : ` after ${formatDuration(event.durationMs)}`;
      return [line(tone, `${label}${after}${why}`)];
    }
    case 'published':
      return publishedLines(event);
    case 'watch-started':
      return [
        line(
          'plain',
          `watching ${event.after === 'rollback' ? 'what was gone back to ' : ''}for ${formatDuration(event.windowMs)}: ${someOf(event.watched, 10, ', ')}`,
        ),
      ];
    case 'rechecked': {
      const tone = event.state === 'pass' ? 'good' : event.state === 'fail' ? 'bad' : 'warning';
      return [
        line(tone, `looked again after the rollback of ${event.incident}, ${event.late}: ${event.evidence}`),
      ];
    }
    case 'follow-ups': {
      const open = event.tasks.filter(({ state }) => state !== 'done');
      const tone = open.some(({ state }) => state === 'overdue') ? 'warning' : 'plain';
      const words = open.map(({ title, due, state }) => `${title} ${followUpWords[state]} ${utc(due)}`);
      return [line(tone, `to do after ${event.incident}: ${someOf(words, 10, ', ') || 'nothing more'}`)];
    }
    // Its numbers are a chart, and the look that ended it is a line already.
    case 'watched':
      return [];
    case 'watch-finished':
      return [watchLine(event, drill)];
    case 'decided':
      return [line(event.decision === 'roll-back' ? 'plain' : 'warning', decidedText(event))];
    case 'snapshot-noted':
      return [
        line(
          'good',
          `snapshot ${event.id} ${event.fresh ? 'noted' : 'says the same already'}: ${versionsText(event.versions)}`,
        ),
      ];
    case 'drill-measured': {
      const late = event.limitMs !== undefined && event.durationMs > event.limitMs;
      const limit = event.limitMs === undefined ? '' : ` of ${formatDuration(event.limitMs)}`;
      const detail = event.detail === '' ? '' : `: ${event.detail}`;
      return [
        line(
          late ? 'bad' : 'good',
          `drill: ${measureWords[event.name]} after ${formatDuration(event.durationMs)}${limit}${detail}`,
        ),
      ];
    }
    case 'drill-compared':
      return [
        event.same
          ? line('good', `drill: ${event.component} is as it was before: ${event.now}`)
          : line('bad', `drill: ${event.component} was ${event.before} and is ${event.now}`),
      ];
    case 'found':
      return [
        line(
          'plain',
          `looked afterwards: ${event.component} is at ${event.version}${event.detail === '' ? '' : `, ${event.detail}`}`,
        ),
      ];
    case 'lock-taken-over':
      return [line('warning', takenOverText(event))];
    case 'incident':
      return [line(event.state === 'superseded' ? 'warning' : 'plain', incidentText(event))];
    case 'phase-started':
    case 'step-planned':
    case 'intent':
      return [];
  }
}

const decidedWords = {
  'roll-back': 'decided to roll back',
  wait: 'decided to let people mend it, and to roll back if they do not',
  prepare: 'decided to show a rollback and leave it to a person',
  tell: 'decided to tell people, and to change nothing',
} as const;

function decidedText(event: Extract<RunEvent, { readonly type: 'decided' }>): string {
  const { decision, trigger, severity, scenario, reasons, until } = event;
  const by = trigger === undefined ? '' : `, called by trigger ${trigger}`;
  const how = severity === undefined ? '' : `, severity ${severity}`;
  const when = until === undefined ? '' : `, until ${until}`;
  return `${decidedWords[decision]}${when} (scenario ${scenario}${by}${how}): ${someOf(reasons, 5, '; ')}`;
}

const gateWords = { warn: 'warns', refuse: 'refuses', unknown: 'could not tell' } as const;

function watchLine(event: Extract<RunEvent, { readonly type: 'watch-finished' }>, drill: boolean): Line {
  const { tone, label } = watchWords[event.state];
  const why = event.because.length === 0 ? '' : `: ${someOf(event.because, 5, '; ')}`;
  const text = `watched for ${formatDuration(event.durationMs)}, ${count(event.looks, 'look')}: ${label}${why}`;
  // In a drill the bad version is meant to be noticed.
  const wanted = drill && (event.state === 'bad' || event.state === 'quiet');
  return line(wanted ? (event.state === 'bad' ? 'good' : 'bad') : tone, text);
}

function publishedLines(event: Extract<RunEvent, { readonly type: 'published' }>): readonly Line[] {
  const { ok, path, branch, pullRequest, compare, fault } = event;
  const on = branch === undefined ? '' : ` on branch ${branch}`;
  const request = pullRequest === undefined ? '' : `, pull request ${pullRequest}`;
  const why = fault === undefined ? '' : `: ${fault.message}`;
  if (!ok) return [line('warning', `record not written to ${path}: ${fault?.message ?? 'no reason given'}`)];
  const without = compare === undefined ? '' : ', without an open pull request';
  const tone = compare === undefined && fault === undefined ? 'plain' : 'warning';
  return [line(tone, `record written to ${path}${on}${request}${without}${why}`)];
}

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
