// The entry of the bundle: a call with arguments is the command line, a call without is the workflow runner's.

import { basename } from 'node:path';
import { runAction, runCommandLine } from './main.ts';

// Whoever reads our output may go away (`| head -1`); the rollback goes on, and the records are files.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const [, script = '', ...args] = process.argv;
const asCommand = args.length > 0 || basename(script).startsWith('rollback-plan');

process.exitCode = asCommand ? await runCommandLine(args) : await runAction();
// Sockets that a library keeps warm must not keep the runner waiting; everything of ours is closed by now.
if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
