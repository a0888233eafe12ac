// From the outline to the pad, and all that the page adds to it.

import { Connection } from "./connection.js";
import { buttonOf, giveKeys, nameRadios } from "./keys.js";
import { Notice } from "./notice.js";
import { Upload } from "./upload.js";
import { drawEarly } from "./widget.js";

/** @typedef {import("./connection.js").State} State */

const LONG = 20_000; // milliseconds to load the pad's parts, once the kernel is there

const SLOW = "The pad is taking long to come.";
const BLOCKED =
  "The page is here, but its line to the server is not: a websocket, which something on the way " +
  "stops. Try another network, or ask whoever runs this server to let websockets pass.";

const QUIET = ["The pad has not answered for a while. Your drawing stays here.", "Start again"];
/** @type {Record<Exclude<State, "well">, string[]>} */
const TROUBLE = {
  silent: QUIET,
  mute: QUIET,
  lost: ["The connection is lost. Trying to get it back…", "Try now"],
  away: ["The server does not answer. Trying again and again…", "Try now"],
  gone: ["This pad has ended. Your drawing stays here until you start again.", "Start again"],
};

/**
 * @template {Element} T
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
const find = (selector, within = document) => /** @type {T} */ (within.querySelector(selector));

const { INK, PENS_ACROSS, MAX_BYTES } = JSON.parse(find("#constants").textContent ?? "");
const trouble = new Notice(find("#trouble"));
const refusal = new Notice(find("#refusal"));
/** @type {HTMLElement} */
const cells = find("#cells");
let isReady = false;

// One can draw on the outline: what one draws waits for the kernel.
const desk = drawEarly(
  find("#waiting canvas"),
  { colour: INK, width: 1 / PENS_ACROSS },
  appears(".digitlab-canvas", ".digitlab-answer p", ".digitlab-upload"),
);
desk.addEventListener("arrived", () => {
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

// The server may have ended in the middle of the page.
const complain = () => {
  /** @type {[string, () => void]} */
  const reload = ["Reload", () => location.reload()];
  if (!document.getElementById("jupyter-config-data")) {
    trouble.show(
      "The pad could not be started: the server has not answered to the end.",
      ...reload,
    );
  }
  setTimeout(async () => {
    if (isReady || !document.getElementById("jupyter-config-data")) return;
    const why = (await getsThrough()) ? SLOW : BLOCKED;
    if (!isReady) trouble.show(why, ...reload);
  }, LONG);
};
if (document.readyState === "complete") complain();
else addEventListener("load", complain);

/** @param {HTMLElement} pad */
function equip(pad) {
  find(".digitlab-answer", pad).setAttribute("aria-live", "polite");
  giveKeys(pad);
  nameRadios(pad);
  tellWhatIsOpen(pad);
  const connection = new Connection(desk.model?.widget_manager.kernel);
  connection.addEventListener("change", () => onLine(connection));
  connection.addEventListener("back", () => desk.open());
  // A stroke can be taken back at once; the kernel says so only when it has heard of it.
  const [undo, clear] = ["Undo", "Clear"].map((name) => buttonOf(pad, name));
  desk.addEventListener("begin", () => (undo.disabled = clear.disabled = false));
  const taker = {
    isOpen: () => connection.isOpen,
    give: (/** @type {ArrayBuffer} */ content) => desk.give(content),
  };
  new Upload(find(".digitlab-upload", pad), taker, refusal, MAX_BYTES);
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
  const isFinal = label === "Start again";
  trouble.show(text, label, () => (isFinal ? connection.startAgain() : connection.tryNow()));
}

/**
 * A toggle of ipywidgets tells by its class alone whether it is pressed.
 * @param {HTMLElement} pad
 */
function tellWhatIsOpen(pad) {
  const tell = () => {
    for (const toggle of pad.querySelectorAll(".digitlab-section > button")) {
      toggle.setAttribute("aria-expanded", `${toggle.classList.contains("mod-active")}`);
    }
  };
  const changes = { subtree: true, childList: true, attributeFilter: ["class"] };
  new MutationObserver(tell).observe(pad, changes);
  tell();
}
