// The ranked list: which camera to look at next, and why.

import { badge, byId, el, icon } from "./dom.js";
import { showEntries, whenReleased } from "./entries.js";
import { FiltersPanel } from "./filters_panel.js";
import { metres, shifted } from "./times.js";

const BEFORE_MIN = 15;
const AFTER_MIN = 120;
const MORE = 50;

const FOOTAGE = {
  held: ["film", "footage held"], partly_held: ["film", "part of the window held"],
  on_recorder: ["clock", "still on the recorder"], live: ["eye", "live stream"],
  overwritten: ["cross", "overwritten"], unknown: ["question", "no footage known"],
};

export class RankingPanel {
  constructor(state) {
    this._state = state;
    this._list = byId("ranking-list");
    this._form = byId("ranking-form");
    this._filters = new FiltersPanel(state, this._form, () => this._ask());
    this._form.addEventListener("change", ({ target }) => { if (target.name !== "owner") this._ask(); });
    this._form.addEventListener("submit", (event) => { event.preventDefault(); this._ask(); });
    byId("ranking-more").addEventListener("click", () => this._showMore());
    byId("ranking-check-all").addEventListener("change", (event) => this._checkAll(event.target.checked));
    byId("window-reset").addEventListener("click", () => { this.setDefaultWindow(); this._ask(); });
    state.on("locations ranking", () => this._offerReset());
    state.on("ranking checked", () => this._render());
    state.on("visits", ({ visit }) => this._renderVisit(visit));
    state.on("selection", ({ from }) => this._showSelection(from));
  }

  /** The window starts around the latest time at which the subject was seen. */
  setDefaultWindow() {
    const { window_start: start, window_end: end } = this._form.elements;
    [start.value, end.value] = this._defaultWindow();
    this._readQuery();
  }

  /** What an address asks for; what it does not say stays as it is. */
  setView({ order, radius, limit, from, until, ...filters }) {
    const { elements } = this._form;
    if (order) elements.order.value = order;
    if (radius) choose(elements.radius_m, String(radius), metres(radius));
    if (limit) choose(elements.limit, String(limit), `top ${limit}`);
    if (from && until) {
      elements.window_start.value = this._state.clock.toControl(from).slice(0, 16);
      elements.window_end.value = this._state.clock.toControl(until).slice(0, 16);
    }
    this._filters.values = filters;
    this._readQuery();
  }

  /** What differs from how the page opens by itself, for the address. */
  get view() {
    const { elements } = this._form;
    const { rankingQuery, filters } = this._state;
    const [start, end] = this._defaultWindow();
    const isDefault = elements.window_start.value === start && elements.window_end.value === end;
    return {
      order: elements.order.value === "distance" ? null : elements.order.value,
      radius: elements.radius_m.value === "1000" ? null : elements.radius_m.value,
      limit: elements.limit.value === "20" ? null : elements.limit.value,
      from: isDefault ? null : rankingQuery.window_start, until: isDefault ? null : rankingQuery.window_end, ...filters,
    };
  }

  _defaultWindow() {
    const latest = this._state.locations.map((place) => place.seen_at).filter(Boolean).sort().at(-1);
    const from = latest ?? shifted(new Date().toISOString(), -AFTER_MIN);
    return [-BEFORE_MIN, AFTER_MIN].map((minutes) => this._state.clock.toControl(shifted(from, minutes)).slice(0, 16));
  }

  /** After a confirmed sighting the search goes on from there: one click moves the window along. */
  _offerReset() {
    const { window_start: start, window_end: end } = this._form.elements;
    const [from, until] = this._defaultWindow();
    const known = this._state.locations.some((place) => place.seen_at);
    byId("window-reset").hidden = !known || (start.value === from && end.value === until);
  }

  _readQuery() {
    const { radius_m: radius, limit, window_start: start, window_end: end, order } = this._form.elements;
    const { clock } = this._state;
    this._state.rankingQuery = {
      order: order.value,
      radius_m: Number(radius.value), limit: Number(limit.value),
      window_start: clock.fromControl(start.value), window_end: clock.fromControl(end.value),
    };
    this._state.filters = this._filters.values;
    const backwards = start.value && end.value && end.value <= start.value;
    end.setCustomValidity(backwards ? "The time window ends before it starts; swap the two times." : "");
    return this._form.reportValidity();
  }

  async _ask() {
    if (!this._readQuery()) return;
    this._list.setAttribute("aria-busy", "true");
    await this._state.loadRanking();
  }

  _showMore() {
    const { limit } = this._form.elements;
    const wanted = String(Math.min(1000, Number(limit.value) + MORE));
    choose(limit, wanted, `top ${wanted}`);
    this._ask();
  }

  _checkAll(on) {
    for (const entry of this._state.ranking.items) {
      if (on) this._state.checked.add(entry.camera_id);
      else this._state.checked.delete(entry.camera_id);
    }
    this._state.tell("checked");
  }

  _render() {
    whenReleased(this._list, () => this._draw());
  }

  _draw() {
    const { ranking, rankingProblem, checked, locations } = this._state;
    this._list.removeAttribute("aria-busy");
    showEntries(this._list, ranking.items.map((entry) => this._entry(entry)), (entry) => entry.dataset.camera);
    byId("ranking-problem").textContent = rankingProblem;
    byId("ranking-problem").hidden = !rankingProblem;
    byId("ranking-empty").hidden = ranking.items.length > 0 || Boolean(rankingProblem);
    byId("ranking-empty-text").textContent = this._state.isFiltered && ranking.total
      ? "No camera passes these filters. Clear them, or widen the radius."
      : locations.length
      ? "No camera of the registry lies within this radius. Widen it."
      : "Enter where the subject was last seen; the cameras around it are ranked at once.";
    byId("ranking-count").textContent = ranking.items.length
      ? `${ranking.items.length} of ${ranking.matching ?? ranking.total} within ${metres(ranking.radius_m)}` : "";
    byId("ranking-note").textContent = ranking.plan_note ?? "";
    byId("ranking-note").hidden = !ranking.plan_note;
    this._form.elements.radius_m.disabled = ranking.order === "probability";
    byId("ranking-more").hidden = ranking.items.length >= (ranking.matching ?? ranking.total);
    const all = byId("ranking-check-all");
    all.checked = ranking.items.length > 0 && ranking.items.every((entry) => checked.has(entry.camera_id));
    all.indeterminate = !all.checked && checked.size > 0;
    this._showWhatIsPlanned(ranking, checked);
    this._showSelection("list");
  }

  _showWhatIsPlanned(ranking, checked) {
    const label = byId("plan-sweep-label");
    if (!label) return;
    const count = ranking.items.length;
    byId("plan-sweep").disabled = !count && !checked.size;
    if (checked.size) label.textContent = `Plan sweep of ${checked.size} selected`;
    else if (!count) label.textContent = "Plan sweep: no camera is ranked";
    else label.textContent = `Plan sweep of the ${this._state.isFiltered ? `${count} shown` : `top ${count}`}`;
  }

  _entry(entry) {
    const { checked } = this._state;
    const box = el("input", {
      type: "checkbox", "aria-label": `Select ${entry.name} for a sweep`, checked: checked.has(entry.camera_id),
      onchange: (event) => this._state.check(entry.camera_id, event.target.checked),
    });
    const body = el("button", {
      type: "button", class: "rank-body", onclick: () => this._state.selectCamera(entry.camera_id, "list"),
    },
    el("span", { class: "rank-line" },
      el("strong", { class: "rank-name" }, entry.name),
      el("span", { class: "rank-distance" }, bearing(entry.bearing_deg), metres(entry.distance_m))),
    el("span", { class: "rank-signs" }, ...signs(entry)),
    el("span", { class: "rank-reason" }, entry.reason),
    moved(entry));
    return el("li", { class: "rank-entry", "data-camera": entry.camera_id },
      el("span", { class: "rank-tick" }, el("b", { class: `rank-number ${entry.footage_state}` }, String(entry.rank)), box),
      body, this._visitLine(entry));
  }

  _visitLine(entry) {
    const visit = this._state.visits.get(entry.camera_id);
    const stateName = visit?.state ?? entry.visit_state;
    const found = entry.sightings ? badge("candidate", `${entry.sightings} sighting${entry.sightings > 1 ? "s" : ""}`) : null;
    return el("div", { class: "rank-visit" }, stateName && badge(stateName, `visit ${stateName}`), found,
      visit?.outcome && ["failed", "skipped"].includes(stateName) && el("span", { class: "tiny soft" }, visit.outcome));
  }

  _renderVisit(visit) {
    if (!visit) {
      this._render();
      return;
    }
    const entry = this._state.rankOf(visit.camera_id);
    const line = this._list.querySelector(`[data-camera="${visit.camera_id}"] .rank-visit`);
    if (entry && line) line.replaceWith(this._visitLine(entry));
  }

  _showSelection(from) {
    // Before the first ranking has come, the list holds a line that says so, and no entry.
    for (const item of this._list.querySelectorAll(".rank-entry")) {
      const selected = Number(item.dataset.camera) === this._state.selectedCamera;
      item.classList.toggle("selected", selected);
      item.querySelector(".rank-body").setAttribute("aria-current", String(selected));
      if (selected && from !== "list") item.scrollIntoView({ block: "nearest" });
    }
    this._showUnlisted();
  }

  /** A camera that was chosen on the map need not be in the list. */
  _showUnlisted() {
    const id = this._state.selectedCamera;
    const slot = byId("selected-camera");
    slot.hidden = !id || Boolean(this._state.rankOf(id));
    if (slot.hidden) return;
    const rank = this._state.onMap.get(id)?.rank;
    const why = rank ? `rank ${rank}, below this list` : "not in this list";
    slot.replaceChildren(icon("camera"), el("span", {}, el("strong", {}, this._state.nameOf(id)), `: ${why}. `, this._state.settings.can.cameras && el("a", { href: `/cameras/${id}` }, "Open it")));
  }

  /** Give the keyboard to the selected camera's entry; false where the list does not hold it. */
  focusSelected() {
    const body = this._list.querySelector(".rank-entry.selected .rank-body");
    body?.focus();
    return Boolean(body);
  }
}

/** Choose a value, adding it where the page does not offer it. */
function choose(select, value, label) {
  if (![...select.options].some((option) => option.value === value)) select.append(new Option(label, value));
  select.value = value;
}

/** What the last visit changed about this camera's place in the plan. */
function moved({ probability, rank }) {
  if (!probability?.moved_because) return null;
  const up = probability.rank_before > rank;
  return el("span", { class: "rank-moved" }, badge(up ? "moved-up" : "moved-down", `${up ? "↑" : "↓"} was ${probability.rank_before}`), probability.moved_because);
}

function signs(entry) {
  const [symbol, words] = FOOTAGE[entry.footage_state] ?? ["question", entry.footage_state];
  const list = [
    entry.made_up_footage && sign("film", "made-up footage", "Recorded for a demonstration.", "poor"),
    sign(symbol, words, entry.footage_note, ["overwritten", "unknown"].includes(entry.footage_state) ? "poor" : "good"),
    reach("walk", "on foot", entry.reachable_on_foot),
    reach("car", "by vehicle", entry.reachable_by_vehicle),
  ];
  if (entry.faces_location === true) list.push(sign("eye", "looks this way", "", "good"));
  if (entry.faces_location === false) list.push(sign("eye", "looks away", "", "poor"));
  return list.filter(Boolean);
}

function reach(symbol, words, reachable) {
  if (reachable === null) return null;
  return sign(symbol, reachable ? words : `not ${words}`, `In the window the subject ${reachable ? "could" : "could not"} have got here ${words}.`, reachable ? "good" : "poor");
}

function sign(symbol, words, title, kind) {
  return el("span", { class: `sign ${kind}`, title: title || words }, icon(symbol), words);
}

/** An arrow that points the way from the last-known location; SVG turns by attribute, not by style. */
function bearing(bearingDeg) {
  const arrow = icon("arrow", `bearing ${Math.round(bearingDeg)} degrees`);
  arrow.querySelector("use").setAttribute("transform", `rotate(${Math.round(bearingDeg)} 12 12)`);
  arrow.setAttribute("viewBox", "0 0 24 24");
  return arrow;
}
