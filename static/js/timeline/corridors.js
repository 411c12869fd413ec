// Blind corridors: the gaps of the chosen route, the cameras in each, and one click to a sweep.

import * as api from "../leaflet/api.js";
import { badge, button, byId, el } from "../leaflet/dom.js";
import { duration, metres } from "../leaflet/times.js";
import { attempt, toast } from "../leaflet/toasts.js";

const LOADED_AT_ONCE = 8;
const TRAVEL = [["auto", "slowest that fits"], ["foot", "on foot"], ["vehicle", "by vehicle"], ["fast", "by a fast vehicle"]];
const WORDS = { foot: "on foot", vehicle: "by vehicle", fast: "by a fast vehicle" };
const STATE = { "looked at": "done", planned: "planned", "partly looked at": "running", "not looked at": "waiting" };
const CAMERAS_LISTED = 60;

export class CorridorPanel {
  constructor(model, clock, map, { number, may }) {
    this._model = model;
    this._clock = clock;
    this._map = map;
    this._address = `/api/cases/${encodeURIComponent(number)}`;
    this._may = may;
    this._list = byId("corridor-list");
    this._generation = 0;
  }

  /** List the gaps of the chosen route; the longest are counted at once, the others when opened. */
  showRoute() {
    this._generation += 1;
    this._map.hideCorridor();
    const { gaps } = this._model;
    byId("corridor-count").textContent = gaps.length || "";
    byId("corridor-empty").hidden = gaps.length > 0;
    const cards = new Map(gaps.map((leg) => [leg, this._card(leg)]));
    this._list.replaceChildren(...cards.values());
    const longest = [...gaps].sort((a, b) => b.seconds - a.seconds).slice(0, LOADED_AT_ONCE);
    this._count(longest.map((leg) => cards.get(leg)), this._generation);
  }

  async _count(cards, generation) {
    for (const card of cards) {
      if (generation !== this._generation) return;
      await card.load();
    }
  }

  _card(leg) {
    const from = this._model.stop(leg.from_number);
    const to = this._model.stop(leg.to_number);
    const body = el("div", { class: "corridor-body" }, el("p", { class: "small soft" }, "Looking for cameras…"));
    const count = el("span", { class: "small corridor-open" });
    const travel = el("select", { class: "input compact", "aria-label": "How the subject may have travelled" },
      TRAVEL.map(([value, words]) => el("option", { value }, words)));
    const card = el("details", { class: "corridor", name: "corridor" },
      el("summary", {}, el("span", { class: "corridor-name" }, el("strong", {}, `${leg.from_number} → ${leg.to_number}`),
        ` ${duration(leg.seconds)} unseen`), count),
      el("p", { class: "small" }, `${from.label} (left ${this._clock.time(from.left_at)}) to ${to.label} (there ${this._clock.time(to.arrived_at)})`),
      el("label", { class: "corridor-travel small" }, "Assume ", travel), body);
    const load = async (force = false) => {
      if (card.answer && !force) return;
      const answer = await attempt(() => this._fetch(from, to, travel.value));
      if (!answer) {
        body.replaceChildren(el("p", { class: "small problem" }, "This corridor could not be drawn; choose a faster way of travelling."));
        return;
      }
      card.answer = answer;
      count.replaceChildren(...this._summary(answer));
      body.replaceChildren(...this._body(answer, () => load(true)));
      if (card.open) this._map.showCorridor(answer);
    };
    card.load = load;
    card.addEventListener("toggle", async () => {
      if (!card.open) { if (!this._list.querySelector("details[open]")) this._map.hideCorridor(); return; }
      if (card.answer) this._map.showCorridor(card.answer);
      else await load();
    });
    travel.addEventListener("change", () => load(true));
    return card;
  }

  _fetch(from, to, travel) {
    return api.get(`${this._address}/corridor`, { from_key: from.key, to_key: to.key, travel });
  }

  _summary(answer) {
    if (!answer.total) return ["no camera"];
    const open = answer.open_camera_ids.length;
    return [badge(open ? "waiting" : "done", open ? `${open} of ${answer.cameras.length} to look at` : `all ${answer.cameras.length} looked at`)];
  }

  _body(answer, reload) {
    const area = answer.area_m2 / 1e6;
    const parts = [el("p", { class: "small soft" },
      `Up to ${answer.speed_m_per_s.toFixed(1)} m/s ${WORDS[answer.travel]}: ${area >= 0.1 ? area.toFixed(1) : area.toFixed(2)} km², `
      + `${answer.total} camera${answer.total === 1 ? "" : "s"}${answer.total > answer.cameras.length ? `, the ${answer.cameras.length} on the most direct ways listed` : ""}.`)];
    if (answer.open_camera_ids.length) {
      const open = new Set(answer.open_camera_ids);
      const held = answer.cameras.filter((camera) => open.has(camera.camera_id) && camera.held_share > 0).length;
      parts.push(el("p", { class: "small" }, `${open.size} not looked at for the time of passing; footage of ${held} is held.`));
      if (this._may.plan) parts.push(this._planButton(answer, reload));
    }
    if (answer.cameras.length) parts.push(this._cameraList(answer));
    return parts;
  }

  _planButton(answer, reload) {
    const count = answer.open_camera_ids.length;
    const plan = button(`Plan a sweep of ${count} camera${count === 1 ? "" : "s"}`, "sweep", async () => {
      plan.disabled = true;
      const sweep = await attempt(() => api.post(`${this._address}/sweeps`, this._wanted(answer)));
      plan.disabled = false;
      if (!sweep) return;
      this._tell(sweep);
      await reload();
    }, "primary");
    return plan;
  }

  _wanted(answer) {
    const { leg } = answer;
    return {
      window_start: answer.window_start, window_end: answer.window_end, radius_m: answer.radius_m,
      camera_ids: answer.open_camera_ids,
      note: `Blind corridor of the timeline, stop ${leg.from_number} to ${leg.to_number}, ${WORDS[answer.travel]}.`,
    };
  }

  _tell(sweep) {
    const text = `Sweep ${sweep.ordinal} is planned with ${sweep.visits} visits.`;
    if (this._may.start) toast(text, { action: { label: "Start it", run: () => this._start(sweep) } });
    else if (this._may.sweep_page) toast(text, { action: { label: "Show it", run: () => location.assign(`/sweeps/${sweep.id}`) } });
    else toast(text);
  }

  async _start(sweep) {
    const report = await attempt(() => api.post(`/api/sweeps/${sweep.id}/start`));
    if (report) toast(report.note || `Sweep ${sweep.ordinal} is started: ${report.queued} visits queued.`);
  }

  _cameraList(answer) {
    const shown = answer.cameras.slice(0, CAMERAS_LISTED);
    const rows = shown.map((camera) => el("li", {},
      el("button", { type: "button", class: "corridor-camera", "data-camera": camera.camera_id, onclick: () => this.selectCamera(camera.camera_id) },
        el("span", { class: "corridor-camera-name" }, camera.name), badge(STATE[camera.looked], this._lookedWords(camera)),
        el("span", { class: "tiny muted" }, `${this._clock.time(camera.passing_from)}–${this._clock.time(camera.passing_to)}, `
          + `${camera.detour_m < 5 ? "on the direct way" : `${metres(camera.detour_m)} longer`}`
          + `${camera.held_share > 0 ? "" : ", no footage held"}`))));
    const rest = answer.cameras.length - shown.length;
    return el("div", {}, el("ul", { class: "corridor-cameras" }, rows),
      rest > 0 ? el("p", { class: "tiny muted" }, `and ${rest} more on the map`) : null);
  }

  _lookedWords(camera) {
    return camera.looked === "partly looked at" ? `${Math.round(camera.looked_share * 100)}% looked at` : camera.looked;
  }

  selectCamera(id) {
    this._map.selectCamera(id);
    for (const row of this._list.querySelectorAll(".corridor-camera")) {
      const isIt = Number(row.dataset.camera) === id;
      row.classList.toggle("selected", isIt);
      if (isIt && row.closest("details").open) row.scrollIntoView({ block: "nearest" });
    }
  }
}
