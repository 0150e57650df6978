// Shows an argv as a line that a POSIX shell reads back as the same argv. For people only: we never give it to a shell.

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

export function shellQuote(argument: string): string {
  return plain.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
