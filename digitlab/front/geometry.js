// Lines on the paper. All points are in shares of its side: (0, 0) is top left, (1, 1) bottom right.

/** @typedef {{ x: number, y: number }} Point */

const STEP = 1 / 100; // of the paper's side: as long as the straight pieces of a curve are
const CORNER = 0.3; // cosine: where a line turns more than 72 degrees, the pen meant a corner

/**
 * Whether two points are the same.
 * @param {Point} one
 * @param {Point} other
 */
export const same = (one, other) => one.x === other.x && one.y === other.y;

/**
 * The part of a line that lies on the paper, or null (Liang and Barsky 1984).
 * @param {Point} from
 * @param {Point} to
 * @returns {{ from: Point, to: Point } | null}
 */
export function clip(from, to) {
  let [enter, leave] = [0, 1];
  for (const [start, way] of [
    [from.x, to.x - from.x],
    [from.y, to.y - from.y],
  ]) {
    if (way === 0 && (start < 0 || start > 1)) return null;
    if (way === 0) continue;
    const [near, far] = [-start / way, (1 - start) / way].sort((a, b) => a - b);
    [enter, leave] = [Math.max(enter, near), Math.min(leave, far)];
  }
  if (enter > leave) return null;
  const at = (/** @type {number} */ share) => between(from, to, share);
  return { from: enter === 0 ? from : at(enter), to: leave === 1 ? to : at(leave) };
}

/**
 * A path's points behind the first, without those that a straight line passes by: a mouse reports
 * a thousand points a second, and each costs a message (Ramer 1972, Douglas and Peucker 1973).
 * @param {Point[]} points
 * @param {number} tolerance How far a point may lie off a line and not be missed.
 * @returns {Point[]}
 */
export function bends(points, tolerance) {
  const [first, last] = [points[0], points[points.length - 1]];
  const [x, y] = [last.x - first.x, last.y - first.y];
  const off = points.map((point) => {
    const along = ((point.x - first.x) * x + (point.y - first.y) * y) / (x * x + y * y || 1);
    const nearest = Math.min(Math.max(along, 0), 1);
    return Math.hypot(point.x - first.x - nearest * x, point.y - first.y - nearest * y);
  });
  const farthest = off.indexOf(Math.max(...off));
  if (off[farthest] <= tolerance) return [last];
  return [
    ...bends(points.slice(0, farthest + 1), tolerance),
    ...bends(points.slice(farthest), tolerance),
  ];
}

/**
 * A smooth curve through points, in short straight pieces: a centripetal Catmull-Rom spline, which
 * neither overshoots nor makes loops (Yuksel, Schaefer and Keyser 2011). Corners stay corners.
 * digitlab/pad/curve.py draws the same one.
 * @param {Point[]} points
 * @returns {Point[]}
 */
export function curve(points) {
  const knots = points.slice(1).map((to, i) => Math.sqrt(distance(points[i], to)));
  const pieces = knots.flatMap((knot, i) => {
    const [from, to] = [points[i], points[i + 1]];
    const n = Math.max(1, Math.ceil(distance(from, to) / STEP));
    const [start, end] = [slope(points, knots, i, i), slope(points, knots, i + 1, i)];
    return Array.from({ length: n }, (_, step) => {
      const t = (step + 1) / n;
      const hermite = (/** @type {"x" | "y"} */ axis) =>
        (1 + 2 * t) * (1 - t) ** 2 * from[axis] +
        t * (1 - t) ** 2 * knot * start[axis] +
        t ** 2 * (3 - 2 * t) * to[axis] -
        t ** 2 * (1 - t) * knot * end[axis];
      return { x: hermite("x"), y: hermite("y") };
    });
  });
  return points.length > 1 ? [points[0], ...pieces] : points;
}

/**
 * Which way a curve goes at one of its points, as it is seen from the piece before or behind it.
 * @param {Point[]} points
 * @param {number[]} knots
 * @param {number} at Which point.
 * @param {number} piece Which piece.
 * @returns {Point}
 */
function slope(points, knots, at, piece) {
  const [before, here, after] = [points[at - 1], points[at], points[at + 1]];
  const straight = over(points[piece], points[piece + 1], knots[piece]);
  if (!before || !after || turns(before, here, after)) return straight;
  const [come, go] = [over(before, here, knots[at - 1]), over(here, after, knots[at])];
  const across = over(before, after, knots[at - 1] + knots[at]);
  return { x: come.x - across.x + go.x, y: come.y - across.y + go.y };
}

/**
 * Whether a line turns so sharply that it was meant.
 * @param {Point} before
 * @param {Point} here
 * @param {Point} after
 */
function turns(before, here, after) {
  const [x, y] = [here.x - before.x, here.y - before.y];
  const dot = x * (after.x - here.x) + y * (after.y - here.y);
  return dot < CORNER * distance(before, here) * distance(here, after);
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} share
 * @returns {Point}
 */
const between = (from, to, share) => ({
  x: from.x + share * (to.x - from.x),
  y: from.y + share * (to.y - from.y),
});

/**
 * @param {Point} from
 * @param {Point} to
 */
const distance = (from, to) => Math.hypot(to.x - from.x, to.y - from.y);

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} time
 * @returns {Point}
 */
const over = (from, to, time) => ({
  x: (to.x - from.x) / (time || 1),
  y: (to.y - from.y) / (time || 1),
});
