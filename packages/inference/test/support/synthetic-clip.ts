import { type Picture, paintBackdrop, paintPillar, type StandingPillar } from './backdrop.ts';
import { balloonBounds, balloonColor, balloonDistance } from './balloon.ts';
import { hash } from './noise.ts';

export interface SyntheticClipOptions {
  /** Pixels; 640 x 360 unless said. Everything in the picture scales with the height. */
  readonly width?: number;
  readonly height?: number;
  /** 48 unless said. */
  readonly frames?: number;
  /** Frames the whole path takes; `frames` unless said. With 48, ten frames are its first fifth. */
  readonly span?: number;
  /** Another seed is another landscape with other grain. */
  readonly seed?: number;
  /** The balloon leaves the picture on the right at two thirds of the clip and stays away. */
  readonly leaves?: boolean;
  /** Whether a pillar stands in the way; true unless said. */
  readonly pillar?: boolean;
  /** Standard deviation of the grain in 8-bit steps; 2.5 unless said. */
  readonly grain?: number;
}

export interface SyntheticFrame {
  /** Display-referred RGB, rows from the top. */
  readonly rgb: Uint8Array;
  /** The part of each pixel that is the balloon and is seen: 0 to 255. */
  readonly alpha: Uint8Array;
}

/**
 * A hot-air balloon that drifts, sways, turns about its axis, comes nearer and passes behind a
 * pillar over a panning landscape with grain: made from code, the same bytes every time, with the
 * true matte beside every frame.
 */
export interface SyntheticClip {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Two clicks on the balloon in the first frame: on the envelope and on the basket. */
  readonly clicks: readonly { readonly x: number; readonly y: number }[];
  /** Renders frame `index`, counted from 0; frames do not depend on each other. */
  frame(index: number): SyntheticFrame;
}

/** Moments of the open shutter, half a frame long, that are averaged into its motion blur. */
const shutterSamples = 9;
const shutter = 0.5;
/** How far the camera pans over the clip, in frame heights. */
const pan = 0.5;

/** Where the balloon is: its middle in pixels, pixels to one unit, tilt and turn in radians. */
interface Pose {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly tilt: number;
  readonly spin: number;
}

/** The balloon alone: colour times coverage, and coverage. 4 floats a pixel. */
type Layer = Float32Array;

export function createSyntheticClip(options: SyntheticClipOptions = {}): SyntheticClip {
  const { width = 640, height = 360, frames = 48, seed = 1, leaves = false, grain = 2.5 } = options;
  const backdrop = paintBackdrop(Math.ceil(width + pan * height) + 2, height, seed);
  // Without one, it stands where no camera looks.
  const pillarX = options.pillar === false ? Number.NEGATIVE_INFINITY : width * 0.57;
  const stone = paintPillar({ x: pillarX, half: height * 0.095 }, width, height, seed);
  const end = Math.max(1, (options.span ?? frames) - 1);
  const poseAt = (time: number) => balloonPose(time / end, width, height, leaves);
  const start = poseAt(0);
  return {
    width,
    height,
    frames,
    clicks: [toPicture(start, 0, -0.15), toPicture(start, 0, 1.98)],
    frame(index) {
      const layer = new Float32Array(width * height * 4);
      for (let sample = 0; sample < shutterSamples; sample += 1) {
        const late = shutter * ((sample + 0.5) / shutterSamples - 0.5);
        addBalloon(layer, width, height, poseAt(index + late));
      }
      const shift = pan * height * Math.min(1, index / end);
      return compose({ width, height, layer, backdrop, shift, stone, seed, grain, index });
    },
  };
}

/** The path; `time` runs from 0 to 1. */
function balloonPose(time: number, width: number, height: number, leaves: boolean): Pose {
  const across = leaves ? 0.17 + 1.5 * time : 0.17 + 0.66 * time;
  return {
    x: width * across,
    y: height * (0.33 + 0.06 * Math.sin(time * 7 + 0.4)),
    scale: height * (0.165 + 0.055 * time + 0.012 * Math.sin(time * 9)),
    tilt: 0.3 * Math.sin(time * 8.5),
    spin: 2.2 * time,
  };
}

function toPicture(pose: Pose, u: number, v: number): { x: number; y: number } {
  const c = Math.cos(pose.tilt) * pose.scale;
  const s = Math.sin(pose.tilt) * pose.scale;
  return { x: pose.x + c * u - s * v, y: pose.y + s * u + c * v };
}

/** Adds one moment of the shutter to the layer. */
function addBalloon(layer: Layer, width: number, height: number, pose: Pose): void {
  const { left, right, top, bottom } = balloonBounds;
  const corners = [
    toPicture(pose, left, top),
    toPicture(pose, right, top),
    toPicture(pose, left, bottom),
    toPicture(pose, right, bottom),
  ];
  const xs = corners.map((corner) => corner.x);
  const ys = corners.map((corner) => corner.y);
  const x1 = Math.min(width - 1, Math.ceil(Math.max(...xs)));
  const y1 = Math.min(height - 1, Math.ceil(Math.max(...ys)));
  const c = Math.cos(pose.tilt) / pose.scale;
  const s = Math.sin(pose.tilt) / pose.scale;
  // Focus a little soft, as of a lens: about 1.2 pixels each way at 360 lines.
  const softness = Math.max(0.7, height / 300);
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y <= y1; y += 1) {
    for (let x = Math.max(0, Math.floor(Math.min(...xs))); x <= x1; x += 1) {
      const dx = x + 0.5 - pose.x;
      const dy = y + 0.5 - pose.y;
      const u = c * dx + s * dy;
      const v = c * dy - s * dx;
      const distance = balloonDistance(u, v) * pose.scale;
      if (distance >= softness) continue;
      const cover = Math.min(1, 0.5 - distance / (2 * softness)) / shutterSamples;
      const [r, g, b] = balloonColor(u, v, pose.spin);
      const at = (y * width + x) * 4;
      layer[at] = (layer[at] ?? 0) + r * cover;
      layer[at + 1] = (layer[at + 1] ?? 0) + g * cover;
      layer[at + 2] = (layer[at + 2] ?? 0) + b * cover;
      layer[at + 3] = (layer[at + 3] ?? 0) + cover;
    }
  }
}

interface Composition {
  readonly width: number;
  readonly height: number;
  readonly layer: Layer;
  readonly backdrop: Picture;
  /** Pixels the camera has panned. */
  readonly shift: number;
  readonly stone: StandingPillar;
  readonly seed: number;
  readonly grain: number;
  readonly index: number;
}

/** Backdrop, balloon over it, pillar over both, grain over all. */
function compose(scene: Composition): SyntheticFrame {
  const { width, height, layer, backdrop, stone } = scene;
  const rgb = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  const whole = Math.floor(scene.shift);
  const part = scene.shift - whole;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const pixel = y * width + x;
      const from = (y * backdrop.width + x + whole) * 3;
      const cover = layer[pixel * 4 + 3] ?? 0;
      const hidden = stone.cover[x] ?? 0;
      const noise = scene.grain * gaussian(pixel, scene.index, scene.seed);
      for (let channel = 0; channel < 3; channel += 1) {
        const near = backdrop.rgb[from + channel] ?? 0;
        const next = backdrop.rgb[from + 3 + channel] ?? 0;
        const land = near + (next - near) * part;
        const seen = land * (1 - cover) + (layer[pixel * 4 + channel] ?? 0);
        const value = seen * (1 - hidden) + (stone.rgb[pixel * 3 + channel] ?? 0) * hidden;
        rgb[pixel * 3 + channel] = toByte(value * 255 + noise);
      }
      alpha[pixel] = toByte(cover * (1 - hidden) * 255);
    }
  }
  return { rgb, alpha };
}

/** About normal, mean 0 and deviation 1: four even ones added, the bytes of one hash. */
function gaussian(pixel: number, frame: number, seed: number): number {
  const h = hash(pixel, frame, seed + 70) * 4294967296;
  const sum = (h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + ((h >>> 24) & 255);
  return (sum / 255 - 2) * Math.sqrt(3);
}

function toByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
