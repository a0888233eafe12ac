// From the outline to the pad, and all that the page adds to it.

import { Connection } from "./connection.js";
import { EarlyAnswer } from "./early.js";
import { buttonOf, giveKeys } from "./keys.js";
import { Notice } from "./notice.js";
import { Upload } from "./upload.js";
import { drawEarly } from "./widget.js";

/** @typedef {import("./connection.js").State} State */

const LONG = 20_000; // milliseconds to load the pad's parts, once the kernel is there

/**
 * @template {Element} T
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
const find = (selector, within = document) => /** @type {T} */ (within.querySelector(selector));

const { INK, PENS_ACROSS, MAX_BYTES, PAPER, WORDS } = JSON.parse(
  find("#constants").textContent ?? "",
);
/** @type {Record<Exclude<State, "well">, string[]>} */
const TROUBLE = {
  silent: [WORDS.silent, WORDS.again],
  mute: [WORDS.silent, WORDS.again],
  lost: [WORDS.lost, WORDS.now],
  away: [WORDS.away, WORDS.now],
  gone: [WORDS.gone, WORDS.again],
};
const trouble = new Notice(find("#trouble"));
const refusal = new Notice(find("#refusal"));
/** @type {HTMLElement} */
const cells = find("#cells");
let isReady = false;

// You can draw on the outline. What you draw waits for the kernel, and until then the server reads it.
const desk = drawEarly(
  find("#waiting canvas"),
  { colour: INK, width: 1 / PENS_ACROSS },
  appears(".digitlab-canvas", ".digitlab-answer p", ".digitlab-upload"),
);
find("#waiting canvas").setAttribute("aria-label", WORDS.paper);
/** @type {HTMLElement} */
const hint = find("#hint");
hint.textContent = WORDS.draw_already;
Object.assign(window, { digitlab: true }); // for old.js
const earlyAnswer = new EarlyAnswer(desk, find("#waiting"), PAPER, WORDS.again);
desk.addEventListener("arrived", () => {
  earlyAnswer.moveTo(find(".digitlab-reading", cells));
  equip(find(".digitlab-pad", cells));
  uncover();
});
appears(".failure").then(uncover);
addEventListener("pageshow", (event) => event.persisted && location.reload());

/**
 * Wait until all these are among the cells.
 * @param {string[]} selectors
 * @returns {Promise<void>}
 */
function appears(...selectors) {
  const isHere = () => selectors.every((selector) => cells.querySelector(selector));
  return new Promise((resolve) => {
    const observer = new MutationObserver(look);
    function look() {
      if (!isHere()) return;
      observer.disconnect();
      resolve();
    }
    observer.observe(cells, { subtree: true, childList: true, attributeFilter: ["class"] });
    look();
  });
}

/** The outline makes room for the pad in the moment one can draw. */
function uncover() {
  isReady = true;
  find("#waiting").remove();
  trouble.hide();
}

/**
 * Tell whether a websocket reaches the kernel: some proxies let pages pass, and none of these.
 * @returns {Promise<boolean>}
 */
function getsThrough() {
  const { baseUrl, kernelId } = JSON.parse(find("#jupyter-config-data").textContent ?? "");
  const address = new URL(`${baseUrl}api/kernels/${kernelId}/channels`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "v1.kernel.websocket.jupyter.org");
  return new Promise((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  }).finally(() => socket.close());
}

/**
 * Say why the pad doesn't come, in place of the promise that it will.
 * @param {string} why
 */
function admit(why) {
  hint.style.visibility = "hidden";
  trouble.show(why, WORDS.reload, () => location.reload());
}

const lacksPart = ({ target = /** @type {unknown} */ (null) }) => {
  if (!isReady && target instanceof HTMLScriptElement) admit(WORDS.incomplete);
};
addEventListener("error", lacksPart, true);
if ("lacksScript" in window) admit(WORDS.incomplete); // noted by whole.js

// The server may have ended in the middle of the page.
const complain = () => {
  if (!document.getElementById("jupyter-config-data")) admit(WORDS.incomplete);
  setTimeout(async () => {
    if (isReady || !document.getElementById("jupyter-config-data")) return;
    const why = (await getsThrough()) ? WORDS.slow : WORDS.blocked;
    if (!isReady) admit(why);
  }, LONG);
};
if (document.readyState === "complete") complain();
else addEventListener("load", complain);

/** @param {HTMLElement} pad */
function equip(pad) {
  giveKeys(pad, find("#keys"));
  showWhatComes(pad);
  const connection = new Connection(desk.model?.widget_manager.kernel);
  connection.addEventListener("change", () => onLine(connection));
  connection.addEventListener("back", () => desk.open());
  // A stroke can be taken back at once; the kernel says so only when it has heard of it.
  const [undo, clear] = ["undo", "clear"].map((name) => buttonOf(pad, name));
  desk.addEventListener("begin", () => (undo.disabled = clear.disabled = false));
  const taker = {
    isOpen: () => connection.isOpen,
    give: (/** @type {ArrayBuffer} */ content) => desk.give(content),
  };
  const upload = new Upload(taker, refusal, MAX_BYTES, WORDS);
  desk.take = (files) => upload.take(files);
}

/** @param {Connection} connection */
function onLine(connection) {
  const { state, isOpen } = connection;
  cells.inert = !isOpen;
  if (!isOpen) {
    desk.pen.lift();
    desk.outbox.close();
  }
  if (state === "well") return trouble.hide();
  const [text, label] = TROUBLE[state];
  const isFinal = label === WORDS.again;
  trouble.show(text, label, () => (isFinal ? connection.startAgain() : connection.tryNow()));
}

/**
 * On a phone the tools are below the paper: see to it that what they bring can be seen.
 * @param {HTMLElement} pad
 */
function showWhatComes(pad) {
  const show = (/** @type {string} */ part) => find(part, pad).scrollIntoView({ block: "nearest" });
  new MutationObserver(() => show(".digitlab-complaint")).observe(
    find(".digitlab-complaint", pad),
    {
      subtree: true,
      childList: true,
    },
  );
  const tools = find(".digitlab-tools", pad);
  const bringsOne = ".digitlab-stored, .digitlab-surprise, .digitlab-upload";
  for (const kind of ["click", "change"]) {
    tools.addEventListener(kind, ({ target }) => {
      const tool = /** @type {Element} */ (target).closest(bringsOne);
      if (tool && (kind === "change") === tool.matches(".digitlab-stored"))
        show(".digitlab-reading");
    });
  }
}
