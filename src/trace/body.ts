/**
 * What follows `event: ` in a line of trace text: the probed place and the fields of a probe event, or
 * the text of a trace marker.
 *
 *     (really_probe+0x0/0x390) dev="0000:01:00.0" cur=(fault) dl=0          entry
 *     (vfio_group_attach+0x129/0x1b0 [vfio] <- iommu_group_claim_dma_owner) ret=-1     return
 *     ([unknown/kretprobe'd] <- pci_dma_configure) ret=-16                  return to a return probe
 *     IOMMU: groupID=6 device=0000:01:00.0                                  a static tracepoint
 */

/** A field: text, a number, or null when the kernel could not read the memory, `(fault)`. */
export type Value = string | number | null;

export type Fields = { readonly [name: string]: Value };

export type Body = {
  /** The probed function, as the kernel spells it (`foo.part.0`); '' where it printed a bare address. */
  readonly symbol: string;
  /** Bytes from the start of `symbol` to the probe; 0 at a return. The entry of a function is 0 or 4. */
  readonly offset: number;
  /** At a return, the function returned to; '' at an entry and where the kernel did not know. */
  readonly caller: string;
  /** True for a return probe, false for a probe inside or at the start of a function. */
  readonly returns: boolean;
  /**
   * Decimal numbers as numbers, and so are hexadecimal `cmd` and `type`. Other hexadecimal values are
   * pointers and stay text, `0x` included, as does a number that a double cannot hold.
   */
  readonly fields: Fields;
};

/** What the user did around the events, from a line in the trace marker. */
export type Mark = {
  readonly kind: 'begin' | 'end' | 'note';
  /** Pairs an end with its begin. '' where there is no end: notes, `modprobe` and `rmmod`. */
  readonly id: string;
  /** The operation, or the text of a note, verbatim. */
  readonly op: string;
  /** At an end, 0 or more for success, a negative errno for a failure; else null. */
  readonly ret: number | null;
};

const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const BRACE = 0x7b;
const X = 0x78;

const bareAddress = /^(?:0x)?[0-9a-f]{8,16}$/;

/** Reads `text` between `from` and `end`. Null when the probed place or a quoted text is not closed. */
export function parseBody(text: string, from: number, end: number): Body | null {
  const fields: { [name: string]: Value } = {};
  if (text.charCodeAt(from) !== OPEN) {
    // The `fields` option and raw output of trace-cmd name the place as fields, by address only.
    const returns = text.startsWith('__probe_func=', from);
    return readFields(text, from, end, fields) ? { symbol: '', offset: 0, caller: '', returns, fields } : null;
  }
  const close = text.indexOf(')', from);
  if (close === -1 || close >= end) return null;
  if (!readFields(text, close + 1, end, fields)) return null;
  const arrow = text.indexOf(' <- ', from);
  if (arrow !== -1 && arrow < close) {
    const symbol = nameAt(text, arrow + 4, close);
    return { symbol, offset: 0, caller: nameAt(text, from + 1, arrow), returns: true, fields };
  }
  const symbol = nameAt(text, from + 1, close);
  return { symbol, offset: offsetAt(text, from + 1 + symbol.length, close), caller: '', returns: false, fields };
}

/** The function name of `name+0xoff/0xsize [module]`; '' for an address and for `[unknown/kretprobe'd]`. */
function nameAt(text: string, from: number, end: number): string {
  let at = from;
  let code = text.charCodeAt(at);
  if (code >= ZERO && code <= NINE) return '';
  while (at < end && code !== PLUS && code !== SPACE) code = text.charCodeAt(++at);
  const name = text.slice(from, at);
  if (code !== PLUS && (name.charCodeAt(0) === 0x5b || bareAddress.test(name))) return '';
  return name;
}

/** The number in `+0x44/...`, 0 when nothing of the kind stands there. */
function offsetAt(text: string, at: number, end: number): number {
  if (text.charCodeAt(at) !== PLUS) return 0;
  let offset = 0;
  for (let i = at + 3; i < end; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit === -1) break;
    offset = offset * 16 + digit;
  }
  return offset;
}

/** `name=value` wherever it stands; words between are passed over. False when a quote is not closed. */
function readFields(text: string, from: number, end: number, fields: { [name: string]: Value }): boolean {
  let at = from;
  for (;;) {
    const equals = text.indexOf('=', at);
    if (equals === -1 || equals >= end) return true;
    let start = equals;
    while (start > at && isWord(text.charCodeAt(start - 1))) start--;
    if (start === equals) {
      at = equals + 1;
      continue;
    }
    const name = text.slice(start, equals);
    const first = text.charCodeAt(equals + 1);
    let value: Value;
    if (first === QUOTE) {
      at = closingQuote(text, equals + 2, end);
      if (at === -1) return false;
      value = text.slice(equals + 2, at);
      at++;
    } else if (first === OPEN && text.startsWith('(fault)', equals + 1)) {
      value = null;
      at = equals + 8;
    } else {
      at = first === BRACE ? closingBrace(text, equals + 1, end) : text.indexOf(' ', equals);
      if (at === -1 || at > end) at = end;
      value = first === MINUS || (first >= ZERO && first <= NINE) ? number(text, name, equals + 1, at) : text.slice(equals + 1, at);
    }
    // An assignment to this name would change what the object inherits from.
    if (name !== '__proto__') fields[name] = value;
  }
}

/** The kernel does not escape quotes: the one that ends the text has a space or nothing behind it. */
function closingQuote(text: string, from: number, end: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && at < end - 1 && text.charCodeAt(at + 1) !== SPACE) at = text.indexOf('"', at + 1);
  return at >= end ? -1 : at;
}

/** An array, `{1,2}` or `{"a b","c"}`, stays one text. */
function closingBrace(text: string, from: number, end: number): number {
  let at = text.indexOf('}', from);
  while (at !== -1 && at < end - 1 && text.charCodeAt(at + 1) !== SPACE) at = text.indexOf('}', at + 1);
  return at === -1 ? end : at + 1;
}

/** The number in `text` from `from` to `end`, or that text where it is no number or stands for a pointer. */
function number(text: string, name: string, from: number, end: number): Value {
  const negative = text.charCodeAt(from) === MINUS;
  const first = negative ? from + 1 : from;
  if (text.charCodeAt(first + 1) === X && text.charCodeAt(first) === ZERO) return hexadecimal(text, name, from, end);
  // 15 digits always fit a double.
  if (end - first > 15 || first === end) return text.slice(from, end);
  let sum = 0;
  for (let at = first; at < end; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return text.slice(from, end);
    sum = sum * 10 + digit;
  }
  return negative ? -sum : sum;
}

function hexadecimal(text: string, name: string, from: number, end: number): Value {
  const word = text.slice(from, end);
  if (name === 'cmd' || name === 'type') {
    const value = Number(word);
    return Number.isNaN(value) ? word : value;
  }
  // The `fields` option prints each integer twice, `ret=0xfffffff0 (-16)`. More than 8 digits: a pointer.
  if (word.length <= 10 && text.charCodeAt(end + 1) === OPEN) {
    const close = text.indexOf(')', end);
    const value = close === -1 ? Number.NaN : Number(text.slice(end + 2, close));
    if (!Number.isNaN(value)) return value;
  }
  return word;
}

function isWord(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || code === 0x5f || (code >= 0x41 && code <= 0x5a) || (code >= ZERO && code <= NINE);
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

const numbered = /^\d+\.\d+ /;
const result = / ret=(-?\d+)(?: [A-Z0-9]+)?$/;

/**
 * One of our lines in the trace marker; null for anybody else's text.
 *
 *     USER B 124.1 write /sys/bus/pci/drivers_probe '0000:00:05.0'
 *     USER E 124.1 write /sys/bus/pci/drivers_probe '0000:00:05.0' ret=-22 EINVAL
 *     USER B modprobe vfio-pci
 *     NOTE state: end
 */
export function parseMark(body: string): Mark | null {
  if (body.startsWith('NOTE')) {
    if (body.length > 4 && body.charCodeAt(4) !== SPACE) return null;
    return { kind: 'note', id: '', op: body.slice(5), ret: null };
  }
  if (!body.startsWith('USER ') || body.charCodeAt(6) !== SPACE) return null;
  const phase = body[5];
  if (phase !== 'B' && phase !== 'E') return null;
  const id = numbered.exec(body.slice(7, 40))?.[0].trimEnd() ?? '';
  const op = body.slice(id === '' ? 7 : 8 + id.length);
  if (phase === 'B') return { kind: 'begin', id, op, ret: null };
  const found = result.exec(op);
  if (found === null) return { kind: 'end', id, op, ret: null };
  return { kind: 'end', id, op: op.slice(0, found.index), ret: Number(found[1]) };
}
