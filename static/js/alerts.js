// The bell in the header of every page: how many alerts wait, what they are, a sound for new ones.
// A case map passes on what its live feed says at once; other pages ask every few seconds.

import { get, post } from "./leaflet/api.js";
import { el, icon } from "./leaflet/dom.js";
import { showEntries, whenReleased } from "./leaflet/entries.js";

const ASK_EVERY_MS = 10000;
const SOUND_KEY = "lastseen-alert-sound";
const SEEN_KEY = "lastseen-alert-newest";

const tray = document.getElementById("alert-tray");
const parts = Object.fromEntries(["count", "list", "empty", "sound"].map((name) => [name, tray.querySelector(`[data-alert-${name}]`)]));
const voice = document.querySelector("[data-alert-voice]");
let shown = [];
let timer = 0;

/** A short two-tone chime. Browsers let a page sound only after somebody has clicked on it. */
class Chime {
  get on() { return localStorage.getItem(SOUND_KEY) === "on"; }

  set on(value) {
    localStorage.setItem(SOUND_KEY, value ? "on" : "off");
    if (value) this.play();
  }

  async play() {
    if (!this.on) return;
    this._context ??= new AudioContext();
    if (this._context.state === "suspended") await Promise.race([this._context.resume(), new Promise((done) => { setTimeout(done, 200); })]);
    if (this._context.state !== "running") return;
    tray.dataset.sounded = String(Number(tray.dataset.sounded || 0) + 1);
    this._tone(880, 0);
    this._tone(1175, 0.18);
  }

  _tone(frequency, after) {
    const at = this._context.currentTime + after;
    const [tone, volume] = [this._context.createOscillator(), this._context.createGain()];
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
    tone.connect(volume).connect(this._context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}

const chime = new Chime();

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await get("/api/alerts");
    show(answer.items, answer.total);
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) return; // logged out: nothing to ask for
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, ASK_EVERY_MS);
}

function show(items, total) {
  const newest = Math.max(0, ...items.map((item) => item.id));
  const known = Number(sessionStorage.getItem(SEEN_KEY) ?? newest);
  const arrived = items.filter((item) => item.id > known);
  sessionStorage.setItem(SEEN_KEY, String(Math.max(newest, known)));
  shown = items;
  tray.dataset.count = String(total);
  parts.count.textContent = total < 100 ? String(total) : "99+";
  parts.count.hidden = total === 0;
  tray.querySelector("summary").setAttribute("aria-label", `Alerts: ${total} not acknowledged`);
  whenReleased(parts.list, () => showEntries(parts.list, items.map(card), (entry) => entry.dataset.alert));
  parts.empty.textContent = total > items.length ? `And ${total - items.length} more.` : "Nothing waits for you.";
  parts.empty.hidden = total > 0 && total <= items.length;
  if (arrived.length) announce(arrived);
}

function card(item) {
  const at = item.raised_at_local.slice(0, 16).replace("T", " ");
  return el("li", { class: `alert-item ${item.urgency}`, "data-alert": item.id },
    el("a", { href: item.link }, item.title),
    el("span", { class: "tiny soft" }, `Case ${item.case_number} · ${item.kind} · ${at}`),
    el("button", { type: "button", class: "button small", onclick: () => acknowledge(item) }, icon("check"), "Acknowledge"));
}

async function acknowledge(item) {
  try {
    await post(`/api/alerts/${item.id}/acknowledge`);
  } catch (problem) {
    say(el("span", {}, problem.message), "error");
    return;
  }
  document.querySelector(`.toast.alert[data-alert="${item.id}"]`)?.remove();
  voice.textContent = `Acknowledged: ${item.title}`;
  const rest = shown.filter((other) => other.id !== item.id);
  show(rest, Math.max(0, Number(tray.dataset.count) - 1));
  refresh();
}

/** New ones: a sound, the screen reader's voice, and a note that stays until somebody acts on it. */
function announce(arrived) {
  chime.play();
  tray.classList.remove("arrived");
  void tray.offsetWidth; // so that the bell rings again for a second arrival
  tray.classList.add("arrived");
  const [item] = arrived;
  const words = arrived.length === 1 ? `${item.title}, case ${item.case_number}` : `${arrived.length} new alerts`;
  voice.textContent = words;
  for (const old of document.querySelectorAll(".toast.alert")) old.remove();
  const open = () => { tray.open = true; tray.querySelector("summary").focus(); };
  const action = arrived.length === 1
    ? el("button", { type: "button", onclick: () => acknowledge(item) }, "Acknowledge")
    : el("button", { type: "button", onclick: open }, "Show");
  const box = say(arrived.length === 1 ? el("a", { href: item.link }, words) : el("span", {}, words), "alert", action);
  if (arrived.length === 1) box.dataset.alert = item.id;
}

function say(content, kind, action = null) {
  const box = el("div", { class: `toast ${kind}` }, icon(kind === "error" ? "warning" : "bell"), content, action);
  box.append(el("button", { type: "button", "aria-label": "Close", onclick: () => box.remove() }, "✕"));
  document.getElementById("toasts").append(box);
  return box;
}

function showSound() {
  const { on } = chime;
  parts.sound.setAttribute("aria-pressed", String(on));
  parts.sound.replaceChildren(icon(on ? "sound" : "muted"), el("span", {}, on ? "Sound on" : "Sound off"));
}

parts.sound.addEventListener("click", () => {
  chime.on = !chime.on;
  showSound();
});
document.addEventListener("lastseen:alert", refresh);
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  // A hidden page asks too, less often: its sound may be all that somebody notices.
  if (document.hidden) timer = setTimeout(refresh, 3 * ASK_EVERY_MS);
  else refresh();
});
showSound();
refresh();
