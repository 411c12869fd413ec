// The sweep board: live, by dragging, by keys and by each card's menu; every change can be undone.

import * as api from "../leaflet/api.js";
import { byId } from "../leaflet/dom.js";
import { whenReleased } from "../leaflet/entries.js";
import { announce, attempt, toast } from "../leaflet/toasts.js";
import { fetchPage, isFilledIn, layOver } from "./laid_over.js";

const SETTLE_MS = 300;
const EVERY_MS = 5000; // the time left and the workers' heartbeats move without any event
const RETRY_MS = 3000;
const PRIORITIES = ["low", "normal", "high", "urgent"];
const INVERSE = { start: "stop", resume: "stop", stop: "resume" };

const board = byId("board");
const maySweep = board.dataset.canSweep === "yes";
let held = null;

/** One question at a time, however many events come, and always one more after the last event. */
const refresh = {
  timer: 0,
  due: Infinity,
  asking: false,
  changes: 0,
  /** Asks in `inMs`, or earlier where that was wanted before. */
  in(inMs) {
    this.due = Math.min(this.due, performance.now() + inMs);
    if (!this.asking) this.wait();
  },
  /** After a change made here: what was asked for before it is no longer shown. */
  afterChange() {
    this.changes += 1;
    this.in(0);
  },
  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), Math.max(0, this.due - performance.now()));
  },
  async ask() {
    this.asking = true;
    this.due = Infinity;
    const { changes } = this;
    const page = isBusy() ? null : await fetchPage(boardAlone());
    // A card may have been taken up while the answer was on its way; and the card that was pressed is the one to be
    // dragged, not the one that would have moved to its place.
    if (page) whenReleased(board, () => { if (!isBusy() && changes === this.changes) put(page); });
    this.asking = false;
    this.in(EVERY_MS);
  },
};

function boardAlone() {
  const address = new URL(location.href);
  address.searchParams.set("part", "board");
  return address;
}

const isBusy = () => document.hidden || Boolean(held) || isFilledIn(board);

function put(page) {
  const fresh = byId("board").cloneNode(false);
  fresh.append(...page.body.childNodes);
  layOver(board, fresh);
}

/** One change, told and with its undo. */
async function change(card, verb, body, words, undo) {
  const id = card.dataset.id;
  const done = await attempt(async () => (await api.post(`/api/sweeps/${id}/${verb}`, body)) ?? {});
  if (done === undefined) return;
  const said = done.note || `${card.dataset.title}: ${words}`;
  toast(said, { action: undo && { label: "Undo", run: () => attempt(async () => { await api.post(`/api/sweeps/${id}/${undo.verb}`, undo.body); refresh.afterChange(); }) } });
  announce(said);
  refresh.afterChange();
}

const assign = (card, value) => {
  const before = card.dataset.assignee;
  if (value === before) return;
  change(card, "assign", { user_id: value ? Number(value) : null }, value ? "given away" : "nobody's now", { verb: "assign", body: { user_id: before ? Number(before) : null } });
};

const prioritise = (card, priority) => {
  const before = card.dataset.priority;
  if (priority === before) return;
  change(card, "priority", { priority }, `priority ${priority}`, { verb: "priority", body: { priority: before } });
};

const run = (card, verb) => {
  const words = { start: "given to the workers", resume: "given to the workers", stop: "stopped" }[verb];
  change(card, verb, {}, words, { verb: INVERSE[verb], body: {} });
};

function toWorkers(card) {
  if (card.dataset.state === "running") announce(`${card.dataset.title} is with the workers already.`);
  else if (card.dataset.state === "finished") toast(`${card.dataset.title} is finished: there is nothing left to look at.`);
  else run(card, card.dataset.state === "stopped" ? "resume" : "start");
}

function toColumn(card, state) {
  if (state === card.dataset.state) return;
  if (state === "running") toWorkers(card);
  else if (state === "stopped" && card.dataset.state === "running") run(card, "stop");
  else toast(`A ${card.dataset.state} sweep cannot become ${state} by hand.`);
}

function drop(card, target) {
  const { drop: kind, value, column } = target.dataset;
  if (column) toColumn(card, column);
  else if (kind === "workers") toWorkers(card);
  else if (kind === "assign") assign(card, value);
  else prioritise(card, value);
}

const targetOf = (event) => event.target.closest?.(".drop-target, [data-column]");

function let_go() {
  held?.classList.remove("held");
  held = null;
  document.body.classList.remove("dragging");
  for (const target of board.querySelectorAll(".over")) target.classList.remove("over");
}

function listenToDragging() {
  board.addEventListener("dragstart", (event) => {
    held = event.target.closest?.(".board-card");
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.dataset.id);
    held.classList.add("held");
    document.body.classList.add("dragging");
  });
  board.addEventListener("dragover", (event) => {
    const target = held && targetOf(event);
    for (const other of board.querySelectorAll(".over")) if (other !== target) other.classList.remove("over");
    if (!target) return;
    event.preventDefault();
    target.classList.add("over");
  });
  board.addEventListener("drop", (event) => {
    const target = held && targetOf(event);
    if (!target) return;
    event.preventDefault();
    const card = held;
    let_go();
    drop(card, target);
  });
  board.addEventListener("dragend", let_go);
}

function listenToKeys() {
  board.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.classList?.contains("board-card") || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (step) {
      const to = PRIORITIES[PRIORITIES.indexOf(card.dataset.priority) + step];
      if (to) prioritise(card, to);
    } else if (event.key === "w") toWorkers(card);
    else if (event.key === "s" && card.dataset.state === "running") run(card, "stop");
    else if (event.key === "Enter" || event.key === "m") card.querySelector(".card-menu summary")?.click();
    else return;
    event.preventDefault();
  });
}

/** The menus are forms that work without this; with it the page stays, and there is an undo. */
function listenToMenus() {
  board.addEventListener("submit", (event) => {
    const card = event.target.closest(".board-card");
    if (!card) return;
    const verb = event.target.dataset.act ?? event.target.action.split("/").pop();
    const value = new FormData(event.target);
    event.preventDefault();
    event.target.closest("details").open = false;
    if (verb === "assign") assign(card, value.get("user_id"));
    else if (verb === "priority") prioritise(card, value.get("priority"));
    else if (verb === "retry") change(card, "retry", {}, "failed visits are queued again", null);
    else run(card, verb);
  });
}

function follow() {
  const state = byId("board-state");
  const say = (name, words) => { state.dataset.state = name; state.textContent = words; };
  const source = new EventSource("/api/sweeps/live");
  source.addEventListener("hello", () => { say("live", "live"); refresh.in(SETTLE_MS); });
  source.addEventListener("changed", () => refresh.in(SETTLE_MS));
  source.addEventListener("reset", () => refresh.in(SETTLE_MS));
  source.addEventListener("error", () => {
    say("waiting", "reconnecting…");
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
  });
  addEventListener("pagehide", () => source.close());
}

if (maySweep) {
  listenToDragging();
  listenToKeys();
  listenToMenus();
}
follow();
refresh.in(EVERY_MS);
