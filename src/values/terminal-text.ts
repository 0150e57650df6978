// Text from outside on its way to a terminal or a workflow log: what could steer either is made harmless.

/** Everything below space but tab, DEL, C1 controls, and the characters that reorder or hide text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** ANSI colour and cursor sequences, removed whole so that no `[31m` is left behind. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

const longest = 16_384;

/**
 * One line of a child's output as it may be printed: no control characters, and nothing that the runner would
 * read as a workflow command (`::error::` at the start of a line, `##[error]` anywhere in it).
 */
export function neutraliseLine(line: string): string {
  const plain = line
    .replace(ansi, '')
    .replace(steering, '')
    .replace(/##\[/g, '# #[')
    .replace(/^(\s*)::/, '$1: :');
  return plain.length > longest ? `${plain.slice(0, longest)}… (${plain.length} characters)` : plain;
}
