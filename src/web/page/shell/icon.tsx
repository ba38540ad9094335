/** Small pictures that no font needs to have. */

const paths = {
  first: 'M3 3v10M13 3 6 8l7 5z', back: 'M11 3 4 8l7 5z', forth: 'M5 3l7 5-7 5z', last: 'M13 3v10M3 3l7 5-7 5z', play: 'M2 3l6 5-6 5zM8 3l6 5-6 5z', pause: 'M5 3v10M11 3v10',
  star: 'M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z', difference: 'M8 2.5 14 13H2z', close: 'M4 4l8 8M12 4l-8 8', command: 'M2 4h12M2 8h8M2 12h10',
  system: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12', light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5 13 13M13 3l-1.5 1.5M4.5 11.5 3 13', dark: 'M12.5 10A5.5 5.5 0 0 1 6 3.5 5.5 5.5 0 1 0 12.5 10z',
} as const;

/** Filled and not only drawn. */
const solid: ReadonlySet<string> = new Set(['first', 'back', 'forth', 'last', 'play']);

export function Icon({ name }: { readonly name: keyof typeof paths }) {
  return <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill={solid.has(name) ? 'currentColor' : 'none'} stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"><path d={paths[name]} /></svg>;
}
