/** Holds what a page quotes against what was printed. A line `...` stands for any lines, `…` inside a line for any text. */

/** The first line of the quotation that does not fit, with what was printed there; undefined when all of it fits. */
export function misquoted(quoted: string, printed: string): { readonly quoted: string; readonly printed: string } | undefined {
  const want = trimmed(quoted);
  const have = trimmed(printed);
  let at = 0;
  let gap = false;
  for (const [index, line] of want.entries()) {
    if (line.trim() === '...') {
      gap = true;
      continue;
    }
    const found = gap ? have.findIndex((one, place) => place >= at && fits(line, one) && runs(want, index, have, place)) : at;
    if (found < 0 || !fits(line, have[found])) return { quoted: line, printed: gap ? `(nowhere from here on)\n${have.slice(at, at + 40).join('\n')}` : have.slice(at, at + 8).join('\n') };
    at = found + 1;
    gap = false;
  }
  return gap || at === have.length ? undefined : { quoted: '(the end)', printed: have.slice(at, at + 8).join('\n') };
}

/** Whether the lines up to the next gap all fit from here. */
function runs(want: readonly string[], from: number, have: readonly string[], place: number): boolean {
  const next = want.findIndex((line, index) => index > from && line.trim() === '...');
  const rest = want.slice(from, next < 0 ? undefined : next);
  return rest.every((line, index) => fits(line, have[place + index])) && (next >= 0 || place + rest.length === have.length);
}

function fits(quoted: string, printed: string | undefined): boolean {
  if (printed === undefined) return false;
  if (!quoted.includes('…')) return quoted.trimEnd() === printed.trimEnd();
  const pattern = quoted.trimEnd().split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('.*');
  return new RegExp(`^${pattern}$`).test(printed.trimEnd());
}

const trimmed = (text: string): string[] => {
  const lines = text.replace(/\n+$/, '').split('\n');
  return lines.length === 1 && lines[0] === '' ? [] : lines;
};
