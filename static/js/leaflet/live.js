// The live feed: server-sent events that resume by cursor, and a word on how the connection is.

const RETRY_MS = 3000;
const KINDS = ["hello", "reset", "sighting", "review", "visit", "sweep", "location", "photo", "ranking", "case", "alert", "contribution", "health"];

export class LiveFeed {
  /**
   * Follows from `cursor` on. `onEvent(kind, data)`; `onState(state)` with "live", "waiting",
   * "database" (it does not answer) or "out" (logged out, or no longer allowed: it gives up).
   */
  constructor(address, cursor, { onEvent, onState }) {
    this._address = address;
    this._onEvent = onEvent;
    this._onState = onState;
    this._cursor = cursor;
    this._open();
    addEventListener("pagehide", () => this._close());
    addEventListener("pageshow", (event) => { if (event.persisted) this._open(); });
    addEventListener("online", () => this._open());
  }

  _open() {
    this._close();
    this._source = new EventSource(`${this._address}?cursor=${this._cursor}`);
    this._source.addEventListener("open", () => this._onState("live"));
    this._source.addEventListener("error", () => this._lost());
    for (const kind of KINDS) this._source.addEventListener(kind, (event) => this._take(kind, event));
  }

  _close() {
    clearTimeout(this._timer);
    this._source?.close();
  }

  /** The browser reconnects by itself, except after an answer that is no event stream (503, 401). */
  _lost() {
    this._onState("waiting");
    if (this._source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._retry(), RETRY_MS);
  }

  async _retry() {
    const status = await this._askWhy();
    if (status === 401 || status === 403) {
      this._onState("out");
      return;
    }
    if (status === 503) this._onState("database");
    this._open();
  }

  /** The status with which the case itself answers; 0 where nothing does. */
  async _askWhy() {
    try {
      return (await fetch(this._address.replace(/\/live$/, ""), { headers: { Accept: "application/json" } })).status;
    } catch {
      return 0;
    }
  }

  _take(kind, event) {
    const data = event.data ? JSON.parse(event.data) : {};
    if (event.lastEventId) this._cursor = event.lastEventId;
    if (kind === "hello") {
      this._greeted = data.cursor;
      return;
    }
    if (kind === "reset" && this._greeted > this._cursor) this._cursor = this._greeted;
    if (kind === "health") {
      this._onState(data.database === false ? "database" : "live");
      return;
    }
    this._onEvent(kind, data);
  }
}
