// The workflows of this repository and of its documents, as data and as a rendered copy: act and actionlint don't know
// `uses: $/`, and a copy in which everything is local lets both see through a caller into the workflow it calls.

import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** The project's `owner/name`, from the one place where it stands. */
export const slug = z
  .looseObject({ repository: z.looseObject({ url: z.string() }) })
  .transform(({ repository }) => repository.url.replace(/^.*github\.com\//, '').replace(/\.git$/, ''))
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

export type TextFile = { readonly path: string; readonly text: string };

function filesIn(folder: string, pattern: RegExp): readonly TextFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => pattern.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

export const reusableWorkflows = (): readonly TextFile[] =>
  filesIn('.github/workflows', /\.ya?ml$/).filter(({ text }) => text.includes('workflow_call:'));
export const ownWorkflows = (): readonly TextFile[] => filesIn('.github/workflows', /\.ya?ml$/);
export const callers = (): readonly TextFile[] => filesIn('workflows', /\.ya?ml$/);
export const composites = (): readonly TextFile[] => filesIn('.github/actions', /action\.ya?ml$/);

export type Block = TextFile & { readonly kind: 'workflow' | 'action' };

/** Workflows and actions that stand in the documents as YAML blocks; `path` tells document and line. */
export function blocksInDocuments(): readonly Block[] {
  const documents = [
    { path: 'README.md', text: readFileSync('README.md', 'utf8') },
    ...filesIn('docs', /\.md$/),
    ...filesIn('examples', /\.md$/),
  ];
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].flatMap((match) => {
      const block = match[1] ?? '';
      const line = text.slice(0, match.index).split('\n').length;
      const kind = /^jobs:/m.test(block) ? 'workflow' : /^runs:/m.test(block) ? 'action' : undefined;
      return kind === undefined ? [] : [{ path: `${path}:${line}`, text: block, kind } as const];
    }),
  );
}

/** Everything local: `$/` is the copy, and so is this project where a caller names it. */
export function localise(text: string): string {
  const escaped = slug.replaceAll('/', '\\/');
  return text
    .replaceAll(/uses: \$\//g, 'uses: ./')
    .replaceAll(
      new RegExp(`uses: ${escaped}(?:\\/([^@\\s]*))?@[^\\s#]+`, 'g'),
      (_, path: string | undefined) =>
        path === undefined ? 'uses: ./.github/actions/run' : `uses: ./${path}`,
    );
}

/** `.github/workflows/caller-rollback.yml` for `workflows/rollback.yml`, whose own name the reusable workflow has. */
export function callerPath(name: string): string {
  return `.github/workflows/caller-${name}`;
}

/**
 * Writes a repository into `folder` that holds action, composites, reusable workflows and callers, all local.
 * `adapt` may change a file's text on its way.
 */
export async function renderRepository(
  folder: string,
  adapt: (file: TextFile) => string = ({ text }) => text,
): Promise<void> {
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await cp('.github/actions', join(folder, '.github/actions'), { recursive: true });
  await cp('dist', join(folder, 'dist'), { recursive: true });
  for (const file of ownWorkflows()) await write(file.path, localise(adapt(file)));
  for (const file of callers())
    await write(callerPath(file.path.replace(/^workflows\//, '')), localise(adapt(file)));
}
