// Where the subject may be by now: probability by map cell, over time. A model, not an observation.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { toast } from "./toasts.js";

const L = window.L;
const STRENGTHS = [0.12, 0.22, 0.34, 0.48, 0.62];
const ASK_DELAY_MS = 120;

export class BeliefLayer {
  constructor(map, state) {
    this._map = map;
    this._state = state;
    this._cells = L.layerGroup();
    this._canvas = L.canvas({ padding: 0.3, pane: map.createPane("belief") });
    map.getPane("belief").classList.add("belief-pane");
    this._times = [];
    this._button = byId("toggle-belief");
    this._bar = byId("belief-bar");
    this._slider = byId("belief-time");
    this._button.addEventListener("click", () => this._toggle());
    this._slider.addEventListener("input", () => this._move());
    state.on("ranking", () => this.shown && this._load());
  }

  get shown() {
    return this._map.hasLayer(this._cells);
  }

  _toggle() {
    if (this.shown) {
      this._cells.remove();
    } else {
      this._cells.addTo(this._map);
      this._load();
    }
    this._button.setAttribute("aria-pressed", String(this.shown));
    this._bar.hidden = !this.shown;
  }

  _move() {
    byId("belief-at").textContent = this._state.clock.dayTime(this._times[this._slider.value]);
    clearTimeout(this._asking);
    this._asking = setTimeout(() => this._load(), ASK_DELAY_MS);
  }

  async _load() {
    const at = this._times[this._slider.value];
    try {
      this._show(await api.get(`${this._state.address}/belief`, { at }));
    } catch (problem) {
      if (!(problem instanceof api.ApiProblem)) throw problem;
      toast(problem.message, { error: true });
      if (this.shown && !this._times.length) this._toggle();
    }
  }

  _show(belief) {
    this._times = belief.times;
    this._slider.max = String(belief.times.length - 1);
    this._slider.value = String(belief.times.indexOf(belief.at));
    const words = this._state.clock.dayTime(belief.at);
    byId("belief-at").textContent = words;
    this._slider.setAttribute("aria-valuetext", words);
    this._cells.clearLayers();
    const strongest = belief.cells[0]?.[4] ?? 1;
    for (const [south, west, north, east, share] of belief.cells) {
      const step = Math.floor(STRENGTHS.length * Math.sqrt(share / strongest) * 0.999);
      if (share / strongest < 0.004) break; // the cells come heaviest first
      L.rectangle([[south, west], [north, east]], {
        renderer: this._canvas, interactive: false, stroke: false, fillColor: "#7a3db8", fillOpacity: STRENGTHS[step],
      }).addTo(this._cells);
    }
  }
}
