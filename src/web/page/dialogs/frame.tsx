/** A dialog over the page: the browser keeps the focus inside, Escape closes it, the focus goes back. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { dialog } from '../commands.ts';
import { Icon } from '../shell/icon.tsx';
import './frame.css';

export function Frame({ title, wide = false, children }: { readonly title: string; readonly wide?: boolean; readonly children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  // At once, not after the browser has drawn: a key typed meanwhile would be lost.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => { if (before instanceof HTMLElement) before.focus(); };
  }, []);
  const close = () => { dialog.value = 'none'; };
  return (
    <dialog ref={element} class={wide ? 'frame wide' : 'frame'} aria-label={title} onClose={close} onClick={(event) => { if (event.target === element.current) close(); }}>
      <div class="frame-body">
        <header><h2>{title}</h2><button class="plain" onClick={close} aria-label="Close"><Icon name="close" /></button></header>
        {children}
      </div>
    </dialog>
  );
}
