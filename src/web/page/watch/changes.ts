/** What differs between two values of JSON, part by part. */

export interface Change {
  /** `order.lines[2].price`; empty: the whole. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Parts that are listed at most: more is no answer to anybody. */
export const mostChanges = 100;

/** Undefined stands for what is not there. */
export function changesBetween(before: unknown, after: unknown, field = '', found: Change[] = []): Change[] {
  if (found.length >= mostChanges || before === after) return found;
  if (!isParts(before) || !isParts(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (JSON.stringify(before) !== JSON.stringify(after)) found.push({ field, before, after });
    return found;
  }
  const part = (key: string) => (Array.isArray(after) ? `${field}[${key}]` : /^[\w$]+$/.test(key) ? `${field}${field === '' ? '' : '.'}${key}` : `${field}[${JSON.stringify(key)}]`);
  const [from, to] = [before as Readonly<Record<string, unknown>>, after as Readonly<Record<string, unknown>>];
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) changesBetween(from[key], to[key], part(key), found);
  return found;
}

const isParts = (value: unknown): value is object => typeof value === 'object' && value !== null;
