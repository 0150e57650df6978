// Reads an action's log as the runner reads it: obeys `::group::`, `::add-mask::`, `::stop-commands::` and the like,
// and leaves the lines that a person sees.

/** @returns for each raw line, the lines to show */
export function createCommandReader(): (line: string) => readonly string[] {
  const masks: string[] = [];
  let stoppedUntil: string | undefined;
  const masked = (text: string): string =>
    masks.reduce((result, secret) => result.replaceAll(secret, '***'), text);
  return (line) => {
    if (stoppedUntil !== undefined) {
      if (line.trim() !== `::${stoppedUntil}::`) return [masked(line)];
      stoppedUntil = undefined;
      return [];
    }
    const command = /^::([a-z-]+)([^:]*)::(.*)$/.exec(line);
    if (command === null) return [masked(line)];
    const [, name = '', properties = '', data = ''] = command;
    const text = decode(data);
    switch (name) {
      case 'add-mask':
        if (text !== '') masks.push(text);
        return [];
      case 'stop-commands':
        stoppedUntil = text;
        return [];
      case 'group':
        return [masked(`▸ ${text}`)];
      case 'error':
      case 'warning':
      case 'notice': {
        const title = /title=([^,]*)/.exec(properties)?.[1];
        return masked(`${name}: ${title === undefined ? '' : `${decode(title)}: `}${text}`).split('\n');
      }
      default:
        return [];
    }
  };
}

function decode(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    '%0D': '',
    '%0A': '\n',
    '%3A': ':',
    '%2C': ',',
    '%25': '%',
  };
  return text.replaceAll(/%(?:0D|0A|3A|2C|25)/g, (sign) => signs[sign] ?? sign);
}
