/** Which part of a picture is in sight: the place of the window in the picture, and how large it is drawn. */
import type { Rect } from '../../../view/chart/layout.ts';

export interface Camera {
  /** What is at the upper left corner of the window. */
  readonly x: number;
  readonly y: number;
  /** Pixels of the window for one of the picture. */
  readonly scale: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

const [least, most] = [0.05, 4];
/** At this scale the smallest text is 9 pixels high. */
const legible = 0.85;

/** All of it in sight, and no larger than it was drawn. */
export function fitted(picture: Size, window: Size): Camera {
  const scale = Math.min(1, Math.max(least, Math.min(window.width / picture.width, window.height / picture.height)));
  return { scale, x: (picture.width - window.width / scale) / 2, y: Math.min(0, (picture.height - window.height / scale) / 2) };
}

/** All of it where that can be read; else large enough to read, with the rectangle in the middle. */
export function readable(picture: Size, window: Size, rect: Rect | undefined): Camera {
  const all = fitted(picture, window);
  return all.scale >= legible || rect === undefined ? all : centred({ ...all, scale: legible }, rect, window, picture);
}

/** The rectangle in the middle, as far as the picture goes; of one that is larger than the window, the upper part. */
export function centred(camera: Camera, rect: Rect, window: Size, picture: Size): Camera {
  const [width, height] = [window.width / camera.scale, window.height / camera.scale];
  const within = (at: number, room: number, whole: number) => (whole <= room ? (whole - room) / 2 : Math.min(Math.max(at, 0), whole - room));
  return {
    ...camera, x: within(rect.x + rect.width / 2 - width / 2, width, picture.width),
    y: within(rect.height > height ? rect.y - 20 : rect.y + rect.height / 2 - height / 2, height, picture.height),
  };
}

/** Closer by a factor, with what is under the point staying there. */
export function zoomed({ x, y, scale }: Camera, factor: number, at: { readonly x: number; readonly y: number }): Camera {
  const next = Math.min(most, Math.max(least, scale * factor));
  return { scale: next, x: x + at.x / scale - at.x / next, y: y + at.y / scale - at.y / next };
}

export const moved = (camera: Camera, dx: number, dy: number): Camera => ({ ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale });

/** The rectangle is wholly in sight. */
export function sees({ x, y, scale }: Camera, rect: Rect, window: Size): boolean {
  return rect.x >= x && rect.y >= y && rect.x + rect.width <= x + window.width / scale && rect.y + rect.height <= y + window.height / scale;
}
