import assert from "node:assert/strict";
import test from "node:test";

import { bends, clip, curve } from "../../digitlab/front/geometry.js";

/** @typedef {import("../../digitlab/front/geometry.js").Point} Point */

/** @param {number[][]} pairs */
const points = (...pairs) => pairs.map(([x, y]) => ({ x, y }));

/**
 * @param {Point} point
 * @param {Point[]} line
 */
const distance = (point, line) =>
  Math.min(...line.map((to) => Math.hypot(to.x - point.x, to.y - point.y)));

test("a line on the paper is whole", () => {
  const [from, to] = points([0.2, 0.3], [0.8, 1]);
  assert.deepEqual(clip(from, to), { from, to });
});

test("a line that leaves the paper ends at its edge, and begins there when it comes back", () => {
  const [inside, outside] = points([0.5, 0.5], [1.5, 0.5]);
  assert.deepEqual(clip(inside, outside), { from: inside, to: { x: 1, y: 0.5 } });
  assert.deepEqual(clip(outside, inside), { from: { x: 1, y: 0.5 }, to: inside });
});

test("a line across the paper is cut at both ends, and one beside it is nothing", () => {
  const [from, to] = points([-1, 0.25], [2, 0.25]);
  assert.deepEqual(clip(from, to), { from: { x: 0, y: 0.25 }, to: { x: 1, y: 0.25 } });
  for (const [start, end] of [
    points([-1, 0.5], [-1, 0.9]),
    points([-0.4, 0.3], [0.3, -0.4]),
    points([1.1, 1.1], [1.1, 1.1]),
  ]) {
    assert.equal(clip(start, end), null);
  }
});

test("what is cut off is on the line, and on the paper", () => {
  for (let i = 0; i < 500; i++) {
    const [from, to] = points([i % 7, i % 11], [i % 13, i % 17]).map(({ x, y }) => ({
      x: x / 4 - 1,
      y: y / 5 - 1,
    }));
    const part = clip(from, to);
    // An oracle that is slow: walk along the line.
    const walk = Array.from({ length: 2001 }, (_, n) => ({
      x: from.x + (n / 2000) * (to.x - from.x),
      y: from.y + (n / 2000) * (to.y - from.y),
    })).filter(({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1);
    if (part === null) assert.ok(walk.length <= 1);
    else if (walk.length > 0) {
      assert.ok(distance(part.from, [walk[0]]) < 0.003);
      assert.ok(distance(part.to, walk.slice(-1)) < 0.003);
    }
  }
});

test("points on a straight line are left out, and those at its bends stay", () => {
  const straight = points([0, 0], [0.1, 0.1], [0.2, 0.2], [0.3, 0.3]);
  assert.deepEqual(bends(straight, 0.001), straight.slice(-1));
  const bent = [...straight, ...points([0.4, 0.2], [0.5, 0.1])];
  assert.deepEqual(bends(bent, 0.001), [bent[3], bent[5]]);
});

test("no point that is left out lies farther off than is allowed", () => {
  const arc = Array.from({ length: 200 }, (_, n) => ({
    x: Math.cos(n / 40),
    y: Math.sin(n / 40),
  }));
  const kept = [arc[0], ...bends(arc, 0.01)];
  assert.ok(kept.length < 40);
  for (const point of arc) {
    const off = kept.slice(1).map((to, i) => {
      const [x, y] = [to.x - kept[i].x, to.y - kept[i].y];
      const share = ((point.x - kept[i].x) * x + (point.y - kept[i].y) * y) / (x * x + y * y);
      const nearest = Math.min(1, Math.max(0, share));
      return Math.hypot(point.x - kept[i].x - nearest * x, point.y - kept[i].y - nearest * y);
    });
    assert.ok(Math.min(...off) <= 0.01);
  }
});

test("a pen that goes to and fro is not taken for one that rests", () => {
  const there = points([0, 0], [0.5, 0], [0, 0]);
  assert.deepEqual(bends(there, 0.001), there.slice(1));
});

test("a curve goes through all points, in short pieces, and nearly along the circle they are of", () => {
  const circle = (/** @type {number} */ n) =>
    Array.from({ length: n + 1 }, (_, i) => ({
      x: 0.5 + 0.4 * Math.cos((2 * Math.PI * i) / n),
      y: 0.5 + 0.4 * Math.sin((2 * Math.PI * i) / n),
    }));
  const drawn = curve(circle(9));
  for (const point of circle(9)) assert.ok(distance(point, drawn) < 1e-9);
  for (const [i, to] of drawn.slice(1).entries()) assert.ok(distance(to, [drawn[i]]) < 0.02);
  const off = drawn.slice(28, -28).map(({ x, y }) => Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.4));
  assert.ok(Math.max(...off) < 0.01); // a straight line would be off by 0.024
});

test("a corner stays a corner, and a straight line straight", () => {
  const seven = points([0.2, 0.2], [0.7, 0.2], [0.4, 0.9]);
  for (const { x, y } of curve(seven)) {
    const onTop = Math.abs(y - 0.2) < 1e-9 && x <= 0.7;
    const onLeg = Math.abs((x - 0.7) * 0.7 + (y - 0.2) * 0.3) < 1e-9;
    assert.ok(onTop || onLeg);
  }
});

test("two points are a line, one is a dot, and the same one twice breaks nothing", () => {
  const [one, other] = points([0.1, 0.1], [0.105, 0.1]);
  assert.deepEqual(curve([one]), [one]);
  assert.deepEqual(curve([one, other]), [one, other]);
  for (const { x, y } of curve([one, one, other, other])) assert.ok(x >= 0.1 && y === 0.1);
});

test("of a line that grows, all but the last piece stays as it is", () => {
  const wave = Array.from({ length: 12 }, (_, n) => ({ x: n / 12, y: 0.5 + 0.2 * Math.sin(n) }));
  const all = curve(wave);
  for (let n = 3; n < wave.length; n++) {
    const drawn = curve(wave.slice(0, n));
    const settled = drawn.findIndex((point) => distance(point, [wave[n - 2]]) < 1e-12);
    assert.deepEqual(drawn.slice(0, settled), all.slice(0, settled));
  }
});
