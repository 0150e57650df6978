// A journal in which everything that somebody else may have written is hostile.

import type { RunEvent, RunEventBody } from '../../src/events.ts';
import { journal } from './journal-parts.ts';
import { halted } from './sample-journals.ts';

/** Text that tries to be more than text. */
export const hostileText = [
  '| a | b |',
  '`code` ```` ``` ',
  '<img src=x onerror=alert(1)> <script>alert(1)</script> </details>',
  '@everyone @acme/platform ping',
  'fixes #123, GH-7, acme/checkout#9',
  '[click](javascript:alert(1)) ![x](https://evil.example/x.png) https://evil.example www.evil.example',
  '',
  '---',
  '# heading',
  '- [ ] task',
  '%%{init: {"theme": "dark"}}%%',
  '```mermaid',
  'graph TD; a-->b',
  '```',
  '\u202eesrever\u202c \u0007\u001b[31mred\u001b[0m $x$ ~~gone~~ **bold** _em_ [^1] &lt;b&gt; <!-- c -->',
].join('\n');

/** Puts hostile text wherever a field is text that somebody else wrote. */
function poison(body: RunEventBody, text: string): RunEventBody {
  switch (body.type) {
    case 'run-started':
      return {
        ...body,
        reason: text,
        actor: text,
        service: `checkout ${text}`,
        overrides: [text],
        owner: text,
      };
    case 'gate':
      return { ...body, detail: text, hint: text };
    case 'pinned':
      return {
        ...body,
        changes: body.changes.map((change) => ({
          ...change,
          because: text,
          to: { ...change.to, label: text, id: text },
          from: { ...change.from, label: text },
        })),
      };
    case 'phase-started':
    case 'phase-finished':
      return { ...body, phase: `${body.phase} ${text}` };
    case 'step-planned':
    case 'step-started':
      return { ...body, title: text, phase: `${body.phase} ${text}`, notes: [text] };
    case 'step-finished':
      return {
        ...body,
        title: text,
        phase: `${body.phase} ${text}`,
        evidence: text,
        before: text,
        after: text,
        ...(body.fault === undefined ? {} : { fault: { ...body.fault, message: text, hint: hintOf(text) } }),
      };
    case 'intent':
      return { ...body, operation: { ...body.operation, shown: text, title: text } };
    case 'done':
      return { ...body, stdout: text, stderr: text, evidence: text };
    case 'check-finished':
      return { ...body, name: `${body.name} ${text}`, value: text, expected: text, evidence: text };
    case 'watch-started':
      return { ...body, watched: [...body.watched, text] };
    case 'watch-finished':
      return {
        ...body,
        because: [text, ...body.because.map(() => text)],
        ...(body.trigger === undefined ? {} : { trigger: text, scenario: text, severity: text }),
      };
    case 'snapshot-noted':
      return {
        ...body,
        id: text,
        where: text,
        versions: { ...body.versions, api: text, [`z ${text}`]: text },
      };
    case 'drill-measured':
      return { ...body, detail: text };
    case 'drill-compared':
      return { ...body, component: `${body.component} ${text}`, before: text, now: text };
    case 'found':
      return { ...body, component: `${body.component} ${text}`, version: text, detail: text };
    case 'published':
      return {
        ...body,
        path: text,
        branch: text,
        ...(body.fault === undefined ? {} : { fault: { ...body.fault, message: text, hint: text } }),
      };
    case 'note':
      return { ...body, text };
    case 'run-finished':
      return body.fault === undefined
        ? body
        : { ...body, fault: { ...body.fault, message: text, hint: hintOf(text) } };
    default:
      return body;
  }
}

/** The journal with a text wherever somebody else may have written one. */
export function poisoned(events: readonly RunEvent[], text = hostileText): readonly RunEvent[] {
  return journal(
    events.map(({ seq: _seq, at: _at, elapsedMs, ...body }) => [elapsedMs, poison(body, text)] as const),
  );
}

export const hostile = poisoned(halted);

/** Hints have a first line and a listing; hostile ones keep that, so that drawings can be compared block by block. */
function hintOf(text: string): string {
  return `${text.replaceAll(/[\r\n]+/g, ' ')}.\n- ${text}`;
}
