import assert from "node:assert/strict";
import test from "node:test";

import { Outbox } from "../../digitlab/front/outbox.js";

/** @typedef {import("../../digitlab/front/outbox.js").Move} Move */
/** @typedef {import("../../digitlab/front/pen.js").Kind} Kind */
/** @typedef {import("../../digitlab/front/pen.js").Stroke} Stroke */

/** An outbox, what it has delivered, and the strokes of which it says that they are painted. */
function outbox() {
  const box = new Outbox();
  /** @type {[number, string][]} */
  const sent = [];
  /** @type {Stroke[]} */
  const painted = [];
  box.addEventListener("painted", (event) => {
    painted.push(/** @type {CustomEvent<Stroke>} */ (event).detail);
  });
  const deliver = (/** @type {number} */ first, /** @type {Move[]} */ moves) => {
    sent.push([first, moves.map(([kind]) => kind).join(" ")]);
  };
  return { box, sent, painted, deliver };
}

/**
 * @param {Outbox} box
 * @param {Kind[]} kinds
 * @param {Stroke} [stroke]
 */
function act(box, kinds, stroke = { points: [] }) {
  for (const kind of kinds) box.send(kind, stroke, { x: 0.5, y: 0.5 });
  return stroke;
}

test("what is drawn before anybody hears it goes as one message when somebody does", () => {
  const { box, sent, deliver } = outbox();
  act(box, ["down", "move", "up"]);
  act(box, ["down"]);
  assert.deepEqual(sent, []);
  box.open(deliver);
  assert.deepEqual(sent, [[0, "down move up down"]]);
});

test("what comes while a message is under way waits for its answer, and goes as one", () => {
  const { box, sent, deliver } = outbox();
  box.open(deliver);
  act(box, ["down", "move", "move"]);
  assert.deepEqual(sent, [[0, "down"]]);
  box.hear(1);
  act(box, ["move"]);
  assert.deepEqual(sent.slice(1), [[1, "move move"]]);
  box.hear(3);
  assert.deepEqual(sent.slice(2), [[3, "move"]]);
});

test("the end of a stroke does not wait", () => {
  const { box, sent, deliver } = outbox();
  box.open(deliver);
  const palm = act(box, ["down", "move", "up"]);
  act(box, ["cancel"], palm);
  assert.deepEqual(sent, [
    [0, "down"],
    [1, "move up"],
    [3, "cancel"],
  ]);
});

test("a stroke is painted when its end is answered, and not before", () => {
  const { box, painted, deliver } = outbox();
  box.open(deliver);
  const first = act(box, ["down", "move", "up"]);
  const second = act(box, ["down", "up"]);
  box.hear(2);
  assert.deepEqual(painted, []);
  box.hear(3);
  assert.deepEqual(painted, [first]);
  box.hear(5);
  assert.deepEqual(painted, [first, second]);
  box.hear(5);
  box.hear(3); // late
  assert.deepEqual(painted, [first, second]);
});

test("what is not answered goes again when the line is back, under its old numbers", () => {
  const { box, sent, painted, deliver } = outbox();
  box.open(deliver);
  const stroke = act(box, ["down", "move", "move"]);
  box.hear(1); // and "move move" is lost
  box.close();
  act(box, ["move", "up"], stroke);
  assert.equal(sent.length, 2);
  box.open(deliver);
  assert.deepEqual(sent[2], [1, "move move move up"]);
  box.hear(5);
  assert.deepEqual(painted, [stroke]);
});

test("an answer to what was sent twice counts once", () => {
  const { box, sent, painted, deliver } = outbox();
  box.open(deliver);
  const stroke = act(box, ["down", "up"]);
  box.close();
  box.open(deliver);
  box.hear(2); // of the first time
  box.hear(2); // of the second
  act(box, ["down"]);
  assert.deepEqual(painted, [stroke]);
  assert.deepEqual(sent.at(-1), [2, "down"]);
});

test("on a long line, several messages are under way", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const { box, sent, deliver } = outbox();
  box.open(deliver);
  act(box, ["down"]);
  now = 300;
  box.hear(1);
  act(box, ["move", "move", "move"]);
  assert.equal(sent.length, 4);
  now = 310; // but where one answer was quick, the line is not long
  box.hear(4);
  act(box, ["move", "move", "move"]);
  assert.equal(sent.length, 5);
});
