// Two rendered manifests as one difference to read, without the content of any Secret. Pure.

import { unifiedDiff } from '../../values/text-diff.ts';

/** Any spelling of a Secret: as a document, in a list, as JSON. What merely names the kind is hidden, too. */
const secretKind = /["']?\bkind["']?\s*:\s*["']?Secret(?:List)?\b/;

/** Empty when nothing would change. */
export function manifestDiff(before: string, after: string): string {
  const [old, fresh] = [documentsOf(before), documentsOf(after)];
  const changed = new Set(fresh.filter((document) => !old.includes(document)));
  const gone = new Set(old.filter((document) => !fresh.includes(document)));
  const show = (documents: readonly string[], different: ReadonlySet<string>): string =>
    documents.map((document) => `---\n${hidden(document, different.has(document))}\n`).join('');
  return unifiedDiff({
    before: show(old, gone),
    after: show(fresh, changed),
    beforeName: 'manifest of the release now',
    afterName: 'manifest of the chart',
  });
}

function documentsOf(manifest: string): readonly string[] {
  return manifest
    .split(/^---[ \t]*$/m)
    .map((document) => document.trim())
    .filter((document) => document !== '');
}

function hidden(document: string, different: boolean): string {
  if (!secretKind.test(document)) return document;
  const source = /^# Source: .*$/m.exec(document)?.[0] ?? '# Secret';
  return `${source}\n# holds a Secret: its content is not shown${different ? ', and is another one' : ''}`;
}

/** `kubectl diff` prints one part for each object; its own file names are noise, and a Secret's part is left out. */
export function readableKubectlDiff(text: string): string {
  return text
    .split(/^(?=diff )/m)
    .map((part) => {
      const name = /^diff .*\/([^/\s]+)$/m.exec(part)?.[1];
      if (name === undefined) return part;
      if (/\bv1\.Secret\./.test(name)) return `# ${name}: a Secret, its content is not shown\n`;
      const body = part.slice(part.indexOf('\n@@') + 1);
      const shown = body
        .split('\n')
        .filter((line) => !/last-applied-configuration|^[-+ ]\s*\{"apiVersion"/.test(line));
      return `--- live ${name}\n+++ after ${name}\n${shown.join('\n')}`;
    })
    .join('');
}
