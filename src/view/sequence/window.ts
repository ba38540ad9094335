/** A window over equal rows: which of them a scrolled box shows. */

export interface Window {
  /** First row and the one behind the last. */
  readonly first: number;
  readonly end: number;
  /** Height of all rows as the box scrolls it: less than all of them where that is more than browsers take. */
  readonly height: number;
  /** Where row `first` begins, from the top of what scrolls. */
  readonly top: number;
}

/** Browsers lay out nothing higher than this. */
const highest = 12_000_000;

/**
 * The rows to draw. Where they are more than a browser can scroll over, a pixel of the box stands for several.
 *
 * @param scroll pixels above the upper edge of the box
 * @param spare rows drawn beyond each edge
 */
export function windowOf(rows: number, rowHeight: number, scroll: number, box: number, spare = 12): Window {
  const whole = rows * rowHeight;
  const height = Math.min(whole, highest);
  const room = Math.max(1, height - box);
  // A box is scrolled further than its rows reach for a moment when they get fewer.
  const seen = Math.max(0, Math.min(scroll, height - box));
  const at = height === whole ? seen : seen / room * (whole - box);
  const first = Math.max(0, Math.floor(at / rowHeight) - spare);
  const end = Math.min(rows, Math.ceil((at + box) / rowHeight) + spare);
  return { first, end, height, top: first * rowHeight - at + seen };
}

/** Where to scroll so that a row is in sight, with some rows around it; `scroll` itself where it is. */
export function scrollTo(row: number, rows: number, rowHeight: number, scroll: number, box: number): number {
  const whole = rows * rowHeight;
  const height = Math.min(whole, highest);
  const scale = height === whole ? 1 : Math.max(1, height - box) / (whole - box);
  const at = scroll / scale;
  const margin = Math.min(3 * rowHeight, box / 4);
  const top = row * rowHeight;
  if (top >= at + margin && top + rowHeight <= at + box - margin) return scroll;
  return Math.max(0, Math.min(whole - box, top - box / 2)) * scale;
}
