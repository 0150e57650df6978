// What a file of checksums says of one file: as `sha256sum` writes it, and as BSD's tools do. Pure.

import { basename } from 'node:path';

/** SHA-256 in hex, small letters. A lone digest without a name is for whatever file it is asked about. */
export function checksumFor(path: string, text: string): string | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const own = lines.map(readLine).find((line) => line !== undefined && isName(line.name, path));
  if (own !== undefined) return own.digest;
  const [only, ...others] = lines;
  const lone = /^([0-9a-fA-F]{64})$/.exec(only?.trim() ?? '')?.[1];
  return others.length === 0 ? lone?.toLowerCase() : undefined;
}

function readLine(line: string): { readonly digest: string; readonly name: string } | undefined {
  const gnu = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/.exec(line);
  if (gnu !== null) {
    const [, escaped, digest = '', name = ''] = gnu;
    return { digest: digest.toLowerCase(), name: escaped === '\\' ? unescaped(name) : name };
  }
  const bsd = /^SHA256 \((.+)\) = ([0-9a-fA-F]{64})$/.exec(line);
  return bsd === null ? undefined : { name: bsd[1] ?? '', digest: (bsd[2] ?? '').toLowerCase() };
}

function unescaped(name: string): string {
  return name.replace(/\\([\\n])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

/** The file may have been summed in another folder, so its last name counts. */
function isName(written: string, path: string): boolean {
  return basename(written) === basename(path);
}
