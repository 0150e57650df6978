// Writes .github/actions/run/action.yml, the twin of action.yml: `uses: $/` can't name the root of a repository, so the
// reusable workflows call the action through this folder. With `--check`, fails if it is out of date.

import { readFile } from 'node:fs/promises';
import { writeOrCheck } from './write-or-check.ts';

const head = `# Generated from action.yml by \`npm run generate\`: the same action, for \`uses: $/.github/actions/run\`.\n`;
const main = '\n  main: dist/index.js\n';

const manifest = await readFile('action.yml', 'utf8');
if (manifest.split(main).length !== 2) throw new Error('action.yml has no line `main: dist/index.js`');

await writeOrCheck(
  {
    path: '.github/actions/run/action.yml',
    content: head + manifest.replace(main, '\n  main: ../../../dist/index.js\n'),
    command: 'npm run generate',
  },
  process.argv.slice(2),
);
