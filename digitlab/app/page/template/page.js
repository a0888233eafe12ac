// From the outline to the pad, and all that the page adds to it.

// Voilà calls these two while it works through the notebook.
window.voila_heartbeat = () => {};
window.voila_finish = () => {};

const LONG = 20_000; // milliseconds to load the pad's parts, once the kernel is there
const trouble = new Notice(document.getElementById("trouble"));
const refusal = new Notice(document.getElementById("refusal"));
const cells = document.getElementById("cells");
const reload = ["Reload", () => location.reload()];
let isReady = false;

// One can draw on the outline: what one draws waits for the kernel.
const [ink, outbox] = [new Ink(), new Outbox()];
const pen = new Pen(ink, outbox);
drawOn(document.querySelector("#waiting canvas"));
pen.addEventListener("palm", ({ detail }) => {
  if (isReady) return buttonOf(document, "Undo").click();
  outbox.forget(detail);
  ink.remove(detail);
});

new MutationObserver((_, observer) => {
  const parts = [".digitlab-canvas", ".digitlab-painted", ".digitlab-answer p", ".digitlab-upload"];
  const isHere = parts.every((part) => cells.querySelector(part));
  if (!isHere && !cells.querySelector(".failure")) return;
  observer.disconnect();
  if (isHere) equip(cells.querySelector(".digitlab-pad")).then(uncover);
  else uncover();
}).observe(cells, { subtree: true, childList: true, attributeFilter: ["class"] });

// The outline makes room for the pad in the moment one can draw.
function uncover() {
  isReady = true;
  document.getElementById("waiting").remove();
  trouble.hide();
}

// The server may have ended in the middle of the page.
addEventListener("load", () => {
  if (!document.getElementById("jupyter-config-data")) {
    trouble.show("The pad could not be started: the server has not answered to the end.", ...reload);
  }
  setTimeout(() => isReady || trouble.show("The pad is taking long to come.", ...reload), LONG);
});

// ipycanvas takes every key, every turn of the wheel and every button for itself, and it does not
// know of pens and palms: its canvas gets none of them. What is drawn it hears from the outbox.
for (const kind of [
  ...["keydown", "wheel", "mousedown", "mousemove", "mouseup", "mouseout"],
  ...["touchstart", "touchmove", "touchend", "touchcancel"],
]) {
  const keep = (event) => event.target.matches?.(".digitlab-canvas") && event.stopPropagation();
  document.addEventListener(kind, keep, { capture: true, passive: true });
}

function drawOn(canvas) {
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Paper to draw a digit on");
  ink.lieOn(canvas);
  pen.drawOn(canvas);
}

async function equip(pad) {
  const canvas = pad.querySelector(".digitlab-canvas");
  pad.querySelector(".digitlab-answer").setAttribute("aria-live", "polite");
  giveKeys(pad);
  tellWhatIsOpen(pad);
  const connection = new Connection(window.jupyterapp.widgetManager.kernel, trouble);
  outbox.addEventListener("painted", ({ detail }) => ink.remove(detail));
  connection.addEventListener("lost", () => pen.lift());
  // A stroke can be taken back at once; the kernel says so only when it has heard of it.
  const [undo, clear] = ["Undo", "Clear"].map((name) => buttonOf(pad, name));
  pen.addEventListener("begin", () => (undo.disabled = clear.disabled = false));
  // A button changes what is drawn: the stroke ends before it.
  pad.addEventListener("click", () => pen.lift(), true);
  const upload = pad.querySelector(".digitlab-upload");
  new Upload(upload, await modelOf(upload, "FileUploadView"), connection, refusal);
  const model = await modelOf(canvas, "CanvasView");
  await pen.rest(); // a stroke is drawn to its end where it began
  drawOn(canvas);
  outbox.open(model, connection);
}

// A toggle of ipywidgets tells by its class alone whether it is pressed.
function tellWhatIsOpen(pad) {
  const tell = () => {
    for (const toggle of pad.querySelectorAll(".digitlab-section > button")) {
      toggle.setAttribute("aria-expanded", toggle.classList.contains("mod-active"));
    }
  };
  const changes = { subtree: true, childList: true, attributeFilter: ["class"] };
  new MutationObserver(tell).observe(pad, changes);
  tell();
}

// The widget, of those with such a view, that an element is the view of.
async function modelOf(element, viewName) {
  const manager = window.jupyterapp.widgetManager;
  for (const id of manager.registeredModels) {
    const model = await manager.get_model(id);
    if (model.get("_view_name") !== viewName) continue;
    const views = await Promise.all(Object.values(model.views));
    if (views.some((view) => view.el === element)) return model;
  }
  throw new Error(`No ${viewName} shows itself on the page`);
}
