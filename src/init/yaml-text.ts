// Writes the small part of YAML that a generated plan needs: scalars that stay text in every YAML reader, and comments.

/** What YAML 1.1 or 1.2 readers take for something else than text. */
const words = new Set(['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n']);
const plain = /^(?:\.\/)?[A-Za-z_][A-Za-z0-9_./-]*$/;
/** A command in backticks stays on one line, so that it can be copied. */
const unbroken = /`[^`]*`\S*|\S+/g;
const widest = 100;

/** A text as a scalar: plain where no reader can take it for a number, a boolean or null; quoted otherwise. */
export function scalar(text: string): string {
  if (plain.test(text) && !words.has(text.toLowerCase())) return text;
  // Control characters have no form in single quotes; JSON's escapes are YAML's.
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return JSON.stringify(text);
  return `'${text.replaceAll("'", "''")}'`;
}

/** Prose as comment lines of at most 100 columns; `indent` in spaces. What could end a line or hide text becomes `?`. */
export function comment(prose: string, indent = 0): readonly string[] {
  const head = `${' '.repeat(indent)}# `;
  const lines: string[] = [];
  for (const [word] of visible(prose).matchAll(unbroken)) {
    const last = lines.at(-1);
    if (last !== undefined && head.length + last.length + 1 + word.length <= widest) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.map((line) => `${head}${line}`);
}

/** Settings that are there to be switched on: each line behind `# `, below the indentation. */
export function switchedOff(lines: readonly string[], indent = 0): readonly string[] {
  return lines.map((line) => `${' '.repeat(indent)}# ${line}`);
}

/** Text from elsewhere on one line that shows everything it holds. */
export function visible(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');
}
