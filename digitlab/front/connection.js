// The line to the kernel: whether there is one, whether it answers, and a way on where not.

const SILENCE = 4000; // milliseconds without an answer, after which something is wrong
const RETRY = 2000;
const PATIENCE = 5000; // what an attempt may take, over a slow line too

/**
 * Well; silent: it may be busy, and one can go on drawing; mute: connected anew, and no answer
 * since; lost: the line is broken; away: so is the server; gone: there is no kernel any more.
 * @typedef {"well" | "silent" | "mute" | "lost" | "away" | "gone"} State
 */

// Emits "change" with each new state, and "back" when all that the kernel has had is answered:
// what is not answered by then never arrived.
export class Connection extends EventTarget {
  /** @type {State} */
  state = "well";
  #kernel;
  /** @type {Map<string, number>} Since when. */
  #unanswered = new Map();
  #connected = 0; // how often
  #since = 0;
  #tried = -PATIENCE;
  #checking = false;
  #leaving = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** @param {any} kernel JupyterLab's connection to it. */
  constructor(kernel) {
    super();
    this.#kernel = kernel;
    /** @typedef {{ direction: string, msg: any }} Message */
    kernel.connectionStatusChanged.connect((/** @type {any} */ _, /** @type {string} */ status) =>
      this.#onConnection(status),
    );
    kernel.statusChanged.connect((/** @type {any} */ _, /** @type {string} */ status) =>
      this.#onStatus(status),
    );
    kernel.anyMessage.connect((/** @type {any} */ _, /** @type {Message} */ { direction, msg }) =>
      this.#onMessage(direction, msg),
    );
    // A page that is asked to leave ends its kernel, and may stay all the same: for a download, say.
    kernel.disposed.connect(() => setTimeout(() => this.#enter("gone"), RETRY));
    addEventListener("online", () => this.#check());
    setInterval(() => this.#listen(), RETRY / 2);
  }

  /** Whether anybody would hear what is said. */
  get isOpen() {
    return this.state === "well" || this.state === "silent";
  }

  /** Try now. */
  tryNow() {
    this.#tried = -PATIENCE;
    this.#check();
  }

  /** Leave for a new pad as soon as there is a server. */
  startAgain() {
    this.#leaving = true;
    this.tryNow();
  }

  /** @param {State} state */
  #enter(state) {
    if (this.state === state || (this.state === "gone" && !this.#leaving)) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} status */
  async #onConnection(status) {
    if (this.#kernel.isDisposed) return;
    if (status !== "connected") {
      this.#enter("lost");
      this.#checkLater();
      return;
    }
    this.#since = performance.now();
    const connected = ++this.#connected;
    try {
      await this.#kernel.requestKernelInfo(); // what came before this is answered before this
    } catch {
      return; // lost again
    }
    if (connected !== this.#connected || this.state === "gone" || this.#leaving) return;
    this.#unanswered.clear();
    this.#enter("well");
    this.dispatchEvent(new Event("back"));
  }

  /** @param {string} status */
  #onStatus(status) {
    // A kernel that was restarted knows nothing of this pad.
    if (status === "dead" || status.endsWith("restarting")) this.#enter("gone");
  }

  /**
   * @param {string} direction
   * @param {any} msg
   */
  #onMessage(direction, msg) {
    if (direction === "send") {
      this.#unanswered.set(msg.header.msg_id, performance.now());
    } else if (msg.content.execution_state === "idle") {
      this.#unanswered.delete(msg.parent_header.msg_id);
      if (this.state === "silent" && !this.#isSilent()) this.#enter("well");
    }
  }

  #isSilent() {
    const [oldest] = this.#unanswered.values();
    return oldest < performance.now() - SILENCE;
  }

  #listen() {
    if (this.isOpen && this.#isSilent()) this.#check();
  }

  #checkLater() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#check(), RETRY);
  }

  /** Ask the server, which knows more than the socket does. */
  async #check() {
    if (this.#checking) return;
    this.#checking = true;
    this.#judge(await this.#ask());
    this.#checking = false;
    if (!this.isOpen && this.state !== "gone") this.#checkLater();
  }

  async #ask() {
    const { baseUrl } = this.#kernel.serverSettings;
    const signal = AbortSignal.timeout(PATIENCE);
    try {
      return await fetch(`${baseUrl}api/kernels/${this.#kernel.id}`, { cache: "no-store", signal });
    } catch {
      return null;
    }
  }

  /** @param {Response | null} answer */
  #judge(answer) {
    if (answer === null) this.#enter("away");
    else if (this.#leaving) location.reload();
    else if (answer.status === 404) this.#enter("gone");
    else if (this.isOpen) this.#enter(this.#isSilent() ? "silent" : "well");
    else if (this.#kernel.connectionStatus === "connected" && this.state !== "away") {
      if (performance.now() - this.#since > SILENCE) this.#enter("mute");
    } else if (performance.now() - this.#tried > PATIENCE) {
      this.#tried = performance.now();
      this.#enter("lost");
      this.#kernel.reconnect().catch(() => {}); // a next attempt is under way by then
    }
  }
}
