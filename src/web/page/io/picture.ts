/** The picture in a view as an SVG document of its own: what style sheets gave stands in it. */

const kept = [
  'fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity', 'stroke-linecap', 'stroke-linejoin', 'opacity', 'font-family', 'font-size', 'font-weight', 'font-style',
  'text-anchor', 'dominant-baseline', 'letter-spacing', 'visibility', 'display', 'paint-order', 'marker-end', 'marker-start', 'color',
];

/** Null: there is no picture. The largest one is taken. */
export function pictureOf(view: Element | null): string | null {
  const area = (one: Element) => { const box = one.getBoundingClientRect(); return box.width * box.height; };
  const svg = [...(view?.querySelectorAll('svg') ?? [])].sort((a, b) => area(b) - area(a))[0];
  if (svg === undefined) return null;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [[svg, ...svg.querySelectorAll('*')], [copy, ...copy.querySelectorAll('*')]];
  for (const [index, element] of from.entries()) {
    const style = getComputedStyle(element);
    const target = to[index];
    if (target === undefined) continue;
    for (const name of kept) {
      const value = style.getPropertyValue(name);
      if (value !== '') target.setAttribute(name, value.replaceAll('"', "'"));
    }
    target.removeAttribute('class');
    target.removeAttribute('style');
  }
  const box = svg.getBoundingClientRect();
  const ground = getComputedStyle(document.body).backgroundColor;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${box.width} ${box.height}`);
  copy.setAttribute('width', String(Math.round(box.width)));
  copy.setAttribute('height', String(Math.round(box.height)));
  const [x = '0', y = '0', width = '100%', height = '100%'] = (copy.getAttribute('viewBox') ?? '').split(/[\s,]+/);
  const back = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ x, y, width, height, fill: ground })) back.setAttribute(name, value);
  copy.prepend(back);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}
