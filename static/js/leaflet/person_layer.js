// Persons of interest: a layer of their own, for whoever has the right, apart from the subject's.

import * as api from "./api.js";
import { byId, el } from "./dom.js";

const L = window.L;
const ASK_EVERY_MS = 30_000;

export class PersonLayer {
  /** Asks `address` again and again: the case's live feed is everybody's and does not tell of these. */
  constructor(map, clock, address) {
    this._map = map;
    this._clock = clock;
    this._address = address;
    this._shapes = L.layerGroup().addTo(map);
    this._notice = "";
    this._button = byId("toggle-persons");
    this._button.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this._load(); });
    setInterval(() => { if (!document.hidden) this._load(); }, ASK_EVERY_MS);
    this._load();
  }

  toggle() {
    const shown = !this._map.hasLayer(this._shapes);
    if (shown) this._shapes.addTo(this._map);
    else this._shapes.remove();
    this._button.setAttribute("aria-pressed", String(shown));
  }

  async _load() {
    let answer;
    try {
      answer = await api.get(this._address);
    } catch (problem) {
      if (!(problem instanceof api.ApiProblem)) throw problem;
      // Without the right nothing of it stays on the map; what only does not answer is asked again.
      if (!problem.unavailable) this._shapes.clearLayers();
      return;
    }
    this._notice = answer.notice;
    this._show(answer.items);
  }

  _show(marks) {
    this._shapes.clearLayers();
    for (const group of groupByPlace(marks)) this._addMarker(group);
  }

  _addMarker(group) {
    const shown = group.find((mark) => mark.is_lead) ?? group[0];
    const label = group.length > 1 ? `${shown.label} +${group.length - 1}` : shown.label;
    const marker = L.marker([shown.latitude_deg, shown.longitude_deg], {
      icon: L.divIcon({
        className: shown.is_lead ? "person-pin lead" : "person-pin",
        html: el("span", {}, el("b", {}, label)), iconSize: [34, 34], iconAnchor: [17, 17],
      }),
      title: this._notice, alt: this._inWords(shown), riseOnHover: true, zIndexOffset: 650,
    });
    const lines = group.flatMap((mark) => [el("br"), this._inWords(mark)]);
    marker.bindTooltip(el("span", {}, el("strong", {}, this._notice), ...lines), { direction: "top", offset: [0, -16] });
    marker.on("click", () => location.assign(shown.page));
    marker.addTo(this._shapes);
    marker.getElement()?.setAttribute("aria-label", `${label}: ${this._notice} ${this._inWords(shown)}`);
  }

  _inWords(mark) {
    return `${mark.label} at ${mark.camera}, ${this._clock.dayTime(mark.seen_at)}: ${mark.is_lead ? "lead" : "to judge"}`;
  }
}

function groupByPlace(marks) {
  const groups = new Map();
  for (const mark of marks) {
    const key = `${mark.latitude_deg} ${mark.longitude_deg}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(mark);
  }
  return [...groups.values()];
}
