/** A place, in whatever the function says. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A width and a height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a picture lies in a window: its top left corner there, and window units for each pixel. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** A window, and how wide one of its units is shown for its height: 1 for pixels, 0.5 for cells. */
export interface ViewWindow extends Size {
  readonly unitAspect?: number;
}

/** Times that a picture may be larger than it is when it fits, and window units a pixel at most. */
const largestZoom = 40;

/**
 * The view in which the whole picture is as large as the window allows, in the middle.
 * `pixelAspect` is the width of a pixel of the picture for its height. Sent to pages as it is.
 */
export function fitView(picture: Size, pixelAspect: number, window: ViewWindow): View {
  const stretch = pixelAspect / (window.unitAspect ?? 1);
  const scaleY = Math.min(window.width / (picture.width * stretch), window.height / picture.height);
  const scaleX = scaleY * stretch;
  return {
    left: (window.width - picture.width * scaleX) / 2,
    top: (window.height - picture.height * scaleY) / 2,
    scaleX,
    scaleY,
  };
}

/** The pixel of the picture under a place of the window; it may lie outside the picture. */
export function toPicture(view: View, { x, y }: Place): Place {
  return { x: (x - view.left) / view.scaleX, y: (y - view.top) / view.scaleY };
}

/** Where a pixel of the picture lies in the window. */
export function toWindow(view: View, { x, y }: Place): Place {
  return { x: view.left + x * view.scaleX, y: view.top + y * view.scaleY };
}

/** The nearest place inside the picture. */
export function insidePicture({ x, y }: Place, { width, height }: Size): Place {
  return { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
}

/**
 * The view with everything `factor` times as large and the place `at` of the window where it was;
 * never smaller than the whole picture.
 */
export function zoomView(view: View, fit: View, factor: number, at: Place): View {
  const zoom = Math.min(largestZoom, Math.max(1, (view.scaleY / fit.scaleY) * factor));
  if (zoom === 1) return fit;
  const { x, y } = toPicture(view, at);
  const [scaleX, scaleY] = [fit.scaleX * zoom, fit.scaleY * zoom];
  return { left: at.x - x * scaleX, top: at.y - y * scaleY, scaleX, scaleY };
}

/** The view moved by window units; a side that is longer than the window keeps it covered. */
export function panView(view: View, by: Place, picture: Size, window: ViewWindow): View {
  const left = coveringStart(view.left + by.x, picture.width * view.scaleX, window.width);
  const top = coveringStart(view.top + by.y, picture.height * view.scaleY, window.height);
  return { ...view, left, top };
}

function coveringStart(start: number, length: number, window: number): number {
  if (length <= window) return (window - length) / 2;
  return Math.min(0, Math.max(window - length, start));
}
