/** SVG text as a document; jsdom comes without types. */
// @ts-expect-error -- it has none of its own
import { JSDOM } from 'jsdom';

interface Element {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}
interface Document {
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element> & { readonly length: number };
}

export const parsed = (svg: string): Document => (new (JSDOM as new (text: string, options: object) => { window: { document: Document } })(svg, { contentType: 'image/svg+xml' })).window.document;
