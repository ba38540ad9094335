/** Where several workers write. `SHARED` is 1 in the kernel for a memory that workers share; the other needs no care, which costs time. */

/** A slot that somebody is about to fill. */
export const CLAIMED: i32 = -1;

/** Claims an empty slot. False: somebody else was faster. */
// @ts-ignore: decorator
@inline
export function claim(slot: i32): bool {
  // @ts-ignore: given by assemble.mjs
  if (SHARED) return atomic.cmpxchg<i32>(slot, 0, CLAIMED) === 0;
  return true;
}

/** Fills a claimed slot, after all that it leads to. */
// @ts-ignore: decorator
@inline
export function fill(slot: i32, value: i32): void {
  // @ts-ignore: given by assemble.mjs
  if (SHARED) atomic.store<i32>(slot, value);
  else store<i32>(slot, value);
}

/** Counts one more. Gives the count before. */
// @ts-ignore: decorator
@inline
export function countUp(count: i32): i32 {
  // @ts-ignore: given by assemble.mjs
  if (SHARED) return atomic.add<i32>(count, 1);
  const before = load<i32>(count);
  store<i32>(count, before + 1);
  return before;
}
