// What a capture leaves on the disk: names, texts and their bounds. Pure; redacted once more on the way.

import { dump } from 'js-yaml';
import type { Captured, KeptFile } from '../values/operation.ts';
import { hideInObject } from '../values/reappliable.ts';
import { shellQuote } from '../values/shell-quote.ts';

/** Where it lies: `captured/<component>`. */
export function folderOf(component: string): string {
  return `captured/${component}`;
}

/** The files of one component, with paths below the run's folder. */
export function keptFiles(
  component: string,
  captured: Captured,
  redact: (text: string) => string,
): readonly KeptFile[] {
  const { objects = [], files = [], lacking = [], namespace } = captured;
  // Declared secrets are known here and not to the kinds; an object that held one is not whole any more.
  const safe = objects.map(({ object, hidden }) => {
    const again = hideInObject(object, redact);
    return { object: again.object, hidden: [...new Set([...hidden, ...again.hidden])] };
  });
  const whole = safe.filter(({ hidden }) => hidden.length === 0);
  const holed = safe.filter(({ hidden }) => hidden.length > 0);
  const own = [
    ...(whole.length === 0
      ? []
      : [{ path: 'state.yaml', text: stateText(captured.label, whole, namespace) }]),
    ...(holed.length === 0 ? [] : [{ path: 'incomplete.yaml', text: holedText(holed) }]),
    ...files,
    ...(lacking.length === 0
      ? []
      : [{ path: 'lacking.txt', text: lacking.map((line) => `${line}\n`).join('') }]),
  ];
  return own
    .filter(({ path }) => isPlainPath(path))
    .map(({ path, text }) => ({ path: `${folderOf(component)}/${path}`, text: redact(text) }));
}

type Shown = NonNullable<Captured['objects']>;

function stateText(label: string, objects: Shown, namespace: string | undefined): string {
  const place = namespace === undefined ? '' : ` --namespace=${shellQuote(namespace)}`;
  return [
    `# ${oneLine(label)}, as it was before the rollback. Look first, then put back:`,
    `#   kubectl diff${place} --filename=state.yaml`,
    `#   kubectl apply${place} --server-side=false --filename=state.yaml`,
    ...objects.map(({ object }) => `---\n${yaml(object)}`),
  ].join('\n');
}

function holedText(objects: Shown): string {
  return [
    '# Not to be applied as it is: *** stands where something that may be a secret was. Fill it in first.',
    ...objects.map(
      ({ object, hidden }) =>
        `---\n${hidden.map((path) => `# hidden: ${oneLine(path)}\n`).join('')}${yaml(object)}`,
    ),
  ].join('\n');
}

/** Readable by YAML 1.1 and 1.2 alike: kubectl's reader takes `on` and `0777` for something else than text. */
function yaml(object: Shown[number]['object']): string {
  return dump(object, { lineWidth: -1, noRefs: true });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** Names come from a cluster: none may lead out of the folder, or be one that an artifact can't have. */
function isPlainPath(path: string): boolean {
  return /^[\w.-]+(?:\/[\w.-]+)*$/.test(path) && !path.split('/').some((part) => /^\.+$/.test(part));
}
