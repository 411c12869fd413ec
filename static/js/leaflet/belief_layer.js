// Where the subject may be by now: probability by map cell, over time. A model, not an observation.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { toast } from "./toasts.js";

const L = window.L;
const STRENGTHS = [0.12, 0.22, 0.34, 0.48, 0.62];
const ASK_DELAY_MS = 120;
const WEAKEST_SHARE = 0.004;

export class BeliefLayer {
  constructor(map, state) {
    this._map = map;
    this._state = state;
    this._cells = L.layerGroup();
    this._canvas = L.canvas({ padding: 0.3, pane: map.createPane("belief") });
    map.getPane("belief").classList.add("belief-pane");
    this._button = byId("toggle-belief");
    this._bar = byId("belief-bar");
    this._button.addEventListener("click", () => this.toggle());
    state.on("ranking", () => this.shown && this._load());
    state.on("moment", () => this.shown && this._loadSoon());
  }

  get shown() {
    return this._map.hasLayer(this._cells);
  }

  toggle() {
    if (this.shown) {
      this._cells.remove();
    } else {
      this._cells.addTo(this._map);
      this._load();
    }
    this._button.setAttribute("aria-pressed", String(this.shown));
    this._bar.hidden = !this.shown;
    this._state.beliefTimes = [];
    this._state.tell("belief");
  }

  _loadSoon() {
    clearTimeout(this._asking);
    this._asking = setTimeout(() => this._load(), ASK_DELAY_MS);
  }

  async _load() {
    const at = this._state.moment;
    try {
      const belief = await api.get(`${this._state.address}/belief`, { at });
      if (!this.shown || at !== this._state.moment) return; // hidden meanwhile, or asked anew
      this._show(belief);
    } catch (problem) {
      if (!(problem instanceof api.ApiProblem)) throw problem;
      toast(problem.message, { error: true });
      if (this.shown && !this._state.beliefTimes.length) this.toggle();
    }
  }

  _show(belief) {
    const isFirst = !this._state.beliefTimes.length;
    this._state.beliefTimes = belief.times;
    if (isFirst) this._state.tell("belief");
    if (this._state.moment === null) this._state.setMoment(belief.at);
    byId("belief-at").textContent = this._state.clock.dayTime(belief.at);
    this._cells.clearLayers();
    const strongest = belief.cells[0]?.[4] ?? 1;
    for (const [south, west, north, east, share] of belief.cells) {
      const step = Math.floor(STRENGTHS.length * Math.sqrt(share / strongest) * 0.999);
      if (share / strongest < WEAKEST_SHARE) break; // the cells come heaviest first
      L.rectangle([[south, west], [north, east]], {
        renderer: this._canvas, interactive: false, stroke: false, fillColor: "#7a3db8", fillOpacity: STRENGTHS[step],
      }).addTo(this._cells);
    }
  }
}
