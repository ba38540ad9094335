/** What the views that draw have in common: their style. */
import { pictureStyle } from '../../../view/svg.ts';

const adopted = new Set<string>();

/** Gives the page the style of a kind of picture, once. A style sheet that a script makes needs no exception from the policy of the page. */
export function adopt(style: string): void {
  if (adopted.has(style)) return;
  adopted.add(style);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(pictureStyle(style));
  document.adoptedStyleSheets.push(sheet);
}
