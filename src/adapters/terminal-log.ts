// Lines for a person at a terminal. Progress goes to standard error, so that standard output holds results only.

import type { Log } from '../ports.ts';
import { neutraliseLine } from '../values/terminal-text.ts';

export function createTerminalLog(
  redact: (text: string) => string,
  options: { readonly verbose: boolean },
): Log {
  const print = (text: string): void => {
    const lines = text.split('\n').map((line) => neutraliseLine(redact(line)));
    process.stderr.write(`${lines.join('\n')}\n`);
  };
  return {
    debug: (line) => options.verbose && print(line),
    info: print,
    warning: (line) => print(`warning: ${line}`),
    error: (line) => print(`error: ${line}`),
    group: (title) => print(`== ${title}`),
    endGroup: () => undefined,
  };
}
