import {
  type Box,
  boxCentre,
  largestSide,
  longerSide,
  type PictureSize,
  type View,
  type ViewRules,
  viewAround,
} from './view.ts';

/** What the next view depends on. */
export interface ViewMotion {
  readonly view: View;
  readonly box: Box;
  readonly velocity: { readonly x: number; readonly y: number };
  readonly lostFrames: number;
}

const lostGrowth = 1.25;
const sideGain = 0.3;

/**
 * The view for the next frame: round where the object is heading. Its side follows the object's
 * size slowly and only when it is well off, and opens up while the object is lost.
 */
export function nextView(motion: ViewMotion, picture: PictureSize, rules: ViewRules): View {
  const { view, box, velocity, lostFrames } = motion;
  const most = largestSide(picture);
  const target = Math.min(Math.max(rules.context * longerSide(box), rules.minSide), most);
  let { side } = view;
  if (lostFrames > 1) {
    side = Math.min(side * lostGrowth, most);
  } else if (target / side > 1.25 || target / side < 0.65) {
    side += sideGain * (target - side);
  }
  const centre = boxCentre(box);
  const moving = lostFrames > 0 ? 0 : 0.5;
  return viewAround(
    { x: centre.x + moving * velocity.x, y: centre.y + moving * velocity.y },
    side,
    picture,
    rules,
  );
}
