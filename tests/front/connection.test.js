import assert from "node:assert/strict";
import test from "node:test";

import { Connection } from "../../digitlab/front/connection.js";

/** @typedef {import("node:test").TestContext} Context */

/** What one connects to, and who emits. */
class Signal {
  /** @type {((sender: unknown, value: any) => void)[]} */
  #slots = [];

  /** @param {(sender: unknown, value: any) => void} slot */
  connect(slot) {
    this.#slots.push(slot);
  }

  /** @param {unknown} [value] */
  emit(value) {
    for (const slot of this.#slots) slot(this, value);
  }
}

class Kernel {
  connectionStatusChanged = new Signal();
  statusChanged = new Signal();
  anyMessage = new Signal();
  disposed = new Signal();
  serverSettings = { baseUrl: "http://127.0.0.1:1/" };
  id = "k";
  isDisposed = false;
  connectionStatus = "connected";
  reconnects = 0;

  async requestKernelInfo() {}

  async reconnect() {
    this.reconnects += 1;
  }

  /** @param {string} status */
  become(status) {
    this.connectionStatus = status;
    this.connectionStatusChanged.emit(status);
  }

  /** @param {string} id */
  send(id) {
    this.anyMessage.emit({ direction: "send", msg: { header: { msg_id: id } } });
  }

  /** @param {string} id */
  answer(id) {
    const msg = { content: { execution_state: "idle" }, parent_header: { msg_id: id } };
    this.anyMessage.emit({ direction: "recv", msg });
  }
}

/**
 * A page's surroundings, in which time passes when the test says so.
 * @param {Context} context
 */
function page(context) {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const clock = { now: 0, answer: /** @type {number | null} */ (200), reloads: 0 };
  context.mock.method(performance, "now", () => clock.now);
  context.mock.method(globalThis, "fetch", async () => {
    if (clock.answer === null) throw new TypeError("no server");
    return { status: clock.answer };
  });
  Object.assign(globalThis, {
    addEventListener() {},
    location: { reload: () => clock.reloads++ },
  });
  const kernel = new Kernel();
  const connection = new Connection(kernel);
  /** @type {string[]} */
  const told = [];
  connection.addEventListener("change", () => told.push(connection.state));
  connection.addEventListener("back", () => told.push("back"));
  const pass = async (/** @type {number} */ seconds) => {
    for (let i = 0; i < seconds; i++) {
      clock.now += 1000;
      context.mock.timers.tick(1000);
      for (let n = 0; n < 8; n++) await null; // what was promised
    }
  };
  return { clock, kernel, connection, told, pass };
}

test("a kernel that answers is well", async (context) => {
  const { kernel, connection, told, pass } = page(context);
  kernel.send("a");
  await pass(3);
  kernel.answer("a");
  await pass(20);
  assert.deepEqual(told, []);
  assert.ok(connection.isOpen);
});

test("a busy kernel is silent, one can go on, and it is well when it answers", async (context) => {
  const { kernel, connection, told, pass } = page(context);
  kernel.send("a");
  await pass(6);
  assert.deepEqual(told, ["silent"]);
  assert.ok(connection.isOpen);
  kernel.answer("a");
  assert.deepEqual(told, ["silent", "well"]);
});

test("a line that breaks is lost, and back when all that had arrived is answered", async (context) => {
  const { kernel, connection, told, pass } = page(context);
  kernel.become("connecting");
  assert.deepEqual(told, ["lost"]);
  assert.ok(!connection.isOpen);
  await pass(3);
  assert.equal(kernel.reconnects, 1);
  kernel.become("connected");
  await pass(1);
  assert.deepEqual(told, ["lost", "well", "back"]);
});

test("a line that breaks again before the answer is not back", async (context) => {
  const { kernel, told, pass } = page(context);
  kernel.become("connecting");
  kernel.requestKernelInfo = async () => Promise.reject(new Error("lost again"));
  kernel.become("connected");
  await pass(1);
  assert.deepEqual(told, ["lost"]);
});

test("without a server one is asked again and again", async (context) => {
  const { clock, kernel, told, pass } = page(context);
  clock.answer = null;
  kernel.become("connecting");
  await pass(5);
  assert.deepEqual(told, ["lost", "away"]);
  clock.answer = 200;
  await pass(6);
  assert.ok(kernel.reconnects > 0);
});

test("where the kernel has ended it is gone for good, and one can start again", async (context) => {
  const { clock, kernel, connection, told, pass } = page(context);
  clock.answer = 404;
  kernel.become("connecting");
  await pass(3);
  assert.deepEqual(told, ["lost", "gone"]);
  kernel.become("connected");
  await pass(1);
  assert.equal(connection.state, "gone");
  clock.answer = null;
  connection.startAgain();
  await pass(1);
  assert.deepEqual([connection.state, clock.reloads], ["away", 0]);
  clock.answer = 200;
  await pass(3);
  assert.equal(clock.reloads, 1);
});

for (const status of ["dead", "restarting", "autorestarting"]) {
  test(`a kernel that is ${status} knows nothing of this pad any more`, (context) => {
    const { kernel, told } = page(context);
    kernel.statusChanged.emit(status);
    assert.deepEqual(told, ["gone"]);
  });
}

test("connected anew and no answer is said as well", async (context) => {
  const { kernel, told, pass } = page(context);
  kernel.become("connecting");
  kernel.requestKernelInfo = () => new Promise(() => {});
  kernel.become("connected");
  await pass(8);
  assert.deepEqual(told, ["lost", "mute"]);
});
