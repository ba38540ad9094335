// The licences that what we install may have: each lets a program be used, changed and passed on, and asks for a notice at most, or for its own files' source.
const names = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'EPL-2.0']);

/** Of an SPDX expression; without one, nothing is allowed. `OR` is a choice, `AND` is both. */
export function allowed(licence) {
  if (typeof licence !== 'string') return false;
  return licence.replaceAll(/[()]/g, '').split(' OR ').some((one) => one.split(' AND ').every((name) => names.has(name.trim())));
}
