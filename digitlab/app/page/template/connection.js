// The line to the kernel: whether there is one, whether it answers, and a way on where not.

const SILENCE = 4000; // milliseconds without an answer, after which something is wrong
const RETRY = 2000;
const PATIENCE = 5000; // what an attempt may take, over a slow line too

const QUIET = ["The pad has not answered for a while. Your drawing stays here.", "Start again"];
const TROUBLE = {
  silent: QUIET, // it may be busy: one can go on drawing
  mute: QUIET, // connected anew, and no answer since
  lost: ["The connection is lost. Trying to get it back…", "Try now"],
  away: ["The server does not answer. Trying again and again…", "Try now"],
  gone: ["This pad has ended. Your drawing stays here until you start again.", "Start again"],
};

// Emits "lost" when messages may no longer arrive, and "back" when all that the kernel has had is
// answered: what is not answered by then never arrived.
class Connection extends EventTarget {
  #kernel;
  #notice;
  #state = "well";
  #unanswered = new Map(); // since when
  #connected = 0; // how often
  #since = 0;
  #tried = -PATIENCE;
  #checking = false;
  #leaving = false;
  #retry;

  constructor(kernel, notice) {
    super();
    this.#kernel = kernel;
    this.#notice = notice;
    kernel.connectionStatusChanged.connect((_, status) => this.#onConnection(status));
    kernel.statusChanged.connect((_, status) => this.#onStatus(status));
    kernel.anyMessage.connect((_, { direction, msg }) => this.#onMessage(direction, msg));
    // A page that is asked to leave ends its kernel, and may stay all the same: for a download, say.
    kernel.disposed.connect(() => setTimeout(() => this.#enter("gone"), RETRY));
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("online", () => this.#check());
    setInterval(() => this.#listen(), RETRY / 2);
  }

  get isOpen() {
    return this.#state === "well" || this.#state === "silent";
  }

  #enter(state) {
    if (this.#state === state || (this.#state === "gone" && !this.#leaving)) return;
    const wasOpen = this.isOpen;
    this.#state = state;
    document.getElementById("cells").inert = !this.isOpen;
    if (state === "well") this.#notice.hide();
    else this.#notice.show(...TROUBLE[state], () => this.#act());
    if (wasOpen && !this.isOpen) this.dispatchEvent(new Event("lost"));
  }

  #act() {
    this.#leaving ||= TROUBLE[this.#state][1] === "Start again";
    this.#tried = -PATIENCE;
    this.#check();
  }

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
    if (connected !== this.#connected || this.#state === "gone" || this.#leaving) return;
    this.#unanswered.clear();
    this.#enter("well");
    this.dispatchEvent(new Event("back"));
  }

  #onStatus(status) {
    // A kernel that was restarted knows nothing of this pad.
    if (status === "dead" || status.endsWith("restarting")) this.#enter("gone");
  }

  #onMessage(direction, msg) {
    if (direction === "send") {
      this.#unanswered.set(msg.header.msg_id, performance.now());
    } else if (msg.content.execution_state === "idle") {
      this.#unanswered.delete(msg.parent_header.msg_id);
      if (this.#state === "silent" && !this.#isSilent()) this.#enter("well");
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

  // Ask the server, which knows more than the socket does.
  async #check() {
    if (this.#checking) return;
    this.#checking = true;
    this.#judge(await this.#ask());
    this.#checking = false;
    if (!this.isOpen && this.#state !== "gone") this.#checkLater();
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

  #judge(answer) {
    if (answer === null) this.#enter("away");
    else if (this.#leaving) location.reload();
    else if (answer.status === 404) this.#enter("gone");
    else if (this.isOpen) this.#enter(this.#isSilent() ? "silent" : "well");
    else if (this.#kernel.connectionStatus === "connected" && this.#state !== "away") {
      if (performance.now() - this.#since > SILENCE) this.#enter("mute");
    } else if (performance.now() - this.#tried > PATIENCE) {
      this.#tried = performance.now();
      this.#enter("lost");
      this.#kernel.reconnect().catch(() => {}); // a next attempt is under way by then
    }
  }
}
