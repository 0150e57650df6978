// Quantities as Kubernetes writes them (`100m`, `1.5`, `512Mi`, `2G`, `1e3`), as numbers. Pure.

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** In the resource's own unit (cores, bytes, pieces); `undefined` for what is no quantity. */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const [, number, suffix] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(value) ?? [];
  const factor = suffix === undefined ? undefined : factors[suffix];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** More than rounding can explain. */
export function exceeds(one: number, other: number): boolean {
  return one - other > 1e-9 * Math.max(1, Math.abs(one), Math.abs(other));
}

/** For people: bytes in binary steps, small numbers in thousandths. `unit` is the resource's name. */
export function formatQuantity(value: number, unit: string): string {
  if (unit.includes('memory') || unit.includes('storage')) {
    for (const suffix of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
      const factor = factors[suffix] ?? 1;
      if (Math.abs(value) >= factor) return `${trimmed(value / factor)}${suffix}`;
    }
    return trimmed(value);
  }
  return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
}

function trimmed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
