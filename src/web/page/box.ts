/** The size of an element and how far it is scrolled, as signals. */
import { useSignal, type Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface Box<Element extends HTMLElement> {
  readonly ref: RefObject<Element | null>;
  readonly width: Signal<number>;
  readonly height: Signal<number>;
  readonly top: Signal<number>;
  /** For `onScroll`. */
  readonly scrolled: (event: { readonly currentTarget: Element }) => void;
}

export function useBox<Element extends HTMLElement = HTMLDivElement>(): Box<Element> {
  const ref = useRef<Element | null>(null);
  const [width, height, top] = [useSignal(900), useSignal(400), useSignal(0)];
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const measure = () => { [width.value, height.value] = [element.clientWidth, element.clientHeight]; };
    measure();
    const seen = new ResizeObserver(measure);
    seen.observe(element);
    return () => { seen.disconnect(); };
  }, []);
  return { ref, width, height, top, scrolled: (event) => { top.value = event.currentTarget.scrollTop; } };
}

/** Offers a text as a file. */
export function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 10_000);
}
