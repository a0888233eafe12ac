// What the pad owes to whoever can't see it, or uses no mouse: names, states, and few words.

const REST = 700; // milliseconds without a new answer, after which it is worth saying aloud

/**
 * @param {HTMLElement} pad
 * @param {AbortSignal} [signal] When to stop.
 */
export function mind(pad, signal) {
  const region = document.createElement("div");
  region.className = "digitlab-announced";
  region.setAttribute("aria-live", "polite");
  pad.append(region);
  const group = `digitlab-pen-${Math.random()}`;
  let isDrawing = false;
  for (const kind of ["pointerdown", "pointerup", "pointercancel"]) {
    const note = () => (isDrawing = kind === "pointerdown");
    addEventListener(kind, note, { capture: true, signal });
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  let last = spoken(pad); // what is there from the start is read like the rest of the page
  const say = () => {
    if (isDrawing) due = setTimeout(say, REST);
    else region.textContent = last;
  };
  const look = () => {
    nameThings(pad, group);
    if (spoken(pad) === last) return;
    last = spoken(pad);
    clearTimeout(due);
    due = setTimeout(say, REST);
  };
  const observer = new MutationObserver(look);
  observer.observe(pad, { subtree: true, childList: true, attributeFilter: ["class"] });
  signal?.addEventListener("abort", () => {
    observer.disconnect();
    region.remove();
  });
  look();
}

/**
 * What there is to say aloud once the pen rests.
 * @param {HTMLElement} pad
 */
function spoken(pad) {
  const sentences = pad.querySelectorAll(".digitlab-answer p, .digitlab-challenge p:last-child");
  return [...sentences].map(({ textContent }) => textContent).join(". ");
}

/**
 * ipywidgets tells by a class alone whether a toggle is pressed, and gives a group no name.
 * @param {HTMLElement} pad
 * @param {string} group
 */
function nameThings(pad, group) {
  for (const toggle of pad.querySelectorAll(".digitlab-section > button")) {
    toggle.setAttribute("aria-expanded", `${toggle.classList.contains("mod-active")}`);
  }
  const pens = pad.querySelector(".digitlab-pen");
  pens?.setAttribute("role", "radiogroup");
  // Radio buttons of one name are one stop for Tab, and arrows choose another. ipywidgets gives them
  // none, and then WebKit's Tab never gets to the second. Another pad has another name.
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (
    pad.querySelectorAll("input[type=radio]")
  )) {
    radio.name ||= group;
  }
  pens?.setAttribute("aria-label", pens.querySelector(".widget-label")?.textContent ?? "");
}
