// What the demo writes to the terminal: headings, facts, and a sign of life for everything that takes longer than a
// second. 80 columns; colour and moving lines only where somebody watches.
import { styleText } from 'node:util';

type Tone = 'good' | 'bad' | 'dim' | 'bold';

export interface Task {
  /** Replaces what the line says after its title. */
  tell(detail: string): void;
}

const width = 80;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #color: boolean;
  #heading = 0;
  #blankQuoted = false;
  #ticker: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#live = out.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#color = this.#live && !process.env['NO_COLOR'];
  }

  paint(tone: Tone, text: string): string {
    if (!this.#color) return text;
    const format = { good: 'green', bad: 'red', dim: 'dim', bold: 'bold' } as const;
    return styleText(format[tone], text, { validateStream: false });
  }

  line(text = ''): void {
    this.#out.write(`${text}\n`);
  }

  /** Text of one tone, wrapped, indented by three. */
  say(text: string, tone?: Tone): void {
    const lines = text.split('\n').flatMap((line) => wrap(line.trimEnd(), width - 3));
    for (const line of lines) this.line(`   ${tone === undefined ? line : this.paint(tone, line)}`);
  }

  title(text: string, under: string): void {
    this.line(this.paint('bold', text));
    for (const line of wrap(under, width)) this.line(line);
  }

  /** The story is over: its next heading or task throws instead of going on, and nothing moves any more. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#ticker);
    this.line();
  }

  heading(text: string): void {
    this.#goOn();
    this.#blankQuoted = false;
    this.#heading += 1;
    this.line();
    this.line(this.paint('bold', `${this.#heading}  ${text}`));
  }

  /** Somebody else's output: a bar on the left, long lines folded. Empty lines wait for a line that follows them. */
  quote(text: string): void {
    if (text.trim() === '') {
      this.#blankQuoted = true;
      return;
    }
    if (this.#blankQuoted) this.line(`   ${this.paint('dim', '│')}`);
    this.#blankQuoted = false;
    for (const original of text.split('\n')) {
      for (const line of wrap(original, width - 5))
        this.line(`   ${this.paint('dim', '│')} ${line}`.trimEnd());
    }
  }

  /** A pair of columns; the first is as wide as the widest of its kind. */
  rows(rows: readonly (readonly [string, string])[]): void {
    const first = Math.max(...rows.map(([left]) => left.length)) + 2;
    for (const [left, right] of rows) {
      const [head = '', ...rest] = wrap(right, width - 3 - first);
      this.line(`   ${left.padEnd(first)}${head}`);
      for (const line of rest) this.line(`   ${' '.repeat(first)}${line}`);
    }
  }

  #goOn(): void {
    if (this.#stopped) throw new Error('interrupted');
  }

  /** Shows that something is going on, and how long it took. A failure is shown and thrown on. */
  async task<T>(title: string, work: (task: Task) => Promise<T>): Promise<T> {
    this.#goOn();
    const began = performance.now();
    const seconds = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    let detail = '';
    let frame = 0;
    let toldAt = 0;
    const draw = (mark: string, text: string): void => {
      const line = cutToWidth(`   ${mark} ${text}`);
      this.#out.write(this.#live ? `\r\u001b[K${line}` : `${line}\n`);
    };
    this.#ticker = setInterval(
      () => {
        const elapsed = performance.now() - began;
        if (this.#live) {
          frame = (frame + 1) % spinner.length;
          draw(spinner[frame] ?? '·', `${title}${detail === '' ? '' : `: ${detail}`}  ${seconds()}`);
        } else if (elapsed - toldAt >= (toldAt === 0 ? 1_000 : 10_000)) {
          toldAt = elapsed;
          draw('·', `${title}${detail === '' ? '' : `: ${detail}`} … ${Math.round(elapsed / 1000)} s`);
        }
      },
      this.#live ? 100 : 500,
    );
    const end = (mark: string): void => {
      clearInterval(this.#ticker);
      if (this.#stopped) return;
      draw(mark, `${title}  ${this.paint('dim', seconds())}`);
      if (this.#live) this.#out.write('\n');
    };
    try {
      const result = await work({
        tell: (text) => {
          detail = text;
        },
      });
      end(this.paint('good', '✓'));
      return result;
    } catch (error) {
      end(this.paint('bad', '✗'));
      throw error;
    }
  }
}

/** Folds a line between words; what follows is indented like it, plus two. Words that are longer are left whole. */
export function wrap(text: string, columns: number): readonly string[] {
  if (text.length <= columns) return [text];
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trimStart().split(' ')) {
    const joined = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (joined.length > columns && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = `${indent}  ${word}`;
    } else {
      line = joined;
    }
  }
  return [...lines, line.trimEnd()];
}

/** Cuts to the width of the terminal, so that a line can be rewritten in place. Counts no colour codes. */
function cutToWidth(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  const plain = line.replaceAll(/\u001b\[\d+m/g, '');
  return plain.length < width ? line : `${plain.slice(0, width - 2)}…`;
}
