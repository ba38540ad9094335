/** The line between two parts: dragged, or moved by arrows. */
import type { Signal } from '@preact/signals';

interface Props {
  readonly size: Signal<number>;
  readonly least: number;
  readonly most: number;
  readonly label: string;
  readonly side: 'left' | 'right' | 'below';
}

export function Splitter({ size, least, most, label, side }: Props) {
  const set = (value: number) => { size.value = Math.max(least, Math.min(most, Math.round(value))); };
  const drag = (event: PointerEvent) => {
    const target = event.currentTarget as HTMLElement;
    target.setPointerCapture(event.pointerId);
    const move = ({ clientX, clientY }: PointerEvent) => { set(side === 'left' ? clientX : side === 'right' ? innerWidth - clientX : innerHeight - clientY); };
    const end = () => { target.removeEventListener('pointermove', move); };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', end, { once: true });
    target.addEventListener('pointercancel', end, { once: true });
  };
  const keys = (event: KeyboardEvent) => {
    const grow = { left: 'ArrowRight', right: 'ArrowLeft', below: 'ArrowUp' }[side];
    const shrink = { left: 'ArrowLeft', right: 'ArrowRight', below: 'ArrowDown' }[side];
    if (event.key !== grow && event.key !== shrink) return;
    event.preventDefault();
    event.stopPropagation();
    set(size.value + (event.key === grow ? 16 : -16));
  };
  const place = side === 'left' ? { left: `${size.value - 2}px` } : side === 'right' ? { right: `${size.value - 2}px` } : { bottom: `${size.value - 2}px` };
  return <div class={`splitter at-${side}`} role="separator" aria-orientation={side === 'below' ? 'horizontal' : 'vertical'} aria-label={label} aria-valuenow={size.value} aria-valuemin={least} aria-valuemax={most} tabIndex={0} data-keys="own" style={place} onPointerDown={drag} onKeyDown={keys} />;
}
