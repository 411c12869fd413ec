// The list of last-known locations, latest first.

import * as api from "./api.js";
import { badge, byId, button, el } from "./dom.js";
import { showEntries, whenReleased } from "./entries.js";
import { metres } from "./times.js";
import { attempt, toast } from "./toasts.js";

export class LocationPanel {
  constructor(state, form) {
    this._state = state;
    this._form = form;
    this._list = byId("location-list");
    state.on("locations selection", () => this._render());
  }

  _render() {
    whenReleased(this._list, () => this._draw());
  }

  _draw() {
    const { locations } = this._state;
    showEntries(this._list, locations.map((location) => this._entry(location)), (entry) => entry.dataset.location);
    byId("location-empty").hidden = locations.length > 0;
    byId("location-count").textContent = String(locations.length);
  }

  _entry(location) {
    const { settings, clock, selectedLocation } = this._state;
    const show = () => {
      this._state.selectedLocation = location.id;
      this._state.tell("selection", { from: "places" });
      this._state.tell("fly", { latlng: [location.latitude_deg, location.longitude_deg] });
    };
    return el("li", { class: `place-entry${location.id === selectedLocation ? " selected" : ""}`, "data-location": location.id },
      el("button", { type: "button", class: "place-body", onclick: show },
        el("strong", {}, location.label),
        el("span", { class: "small" }, `${location.seen_at ? clock.dayTime(location.seen_at) : "time unknown"}, ± ${metres(location.uncertainty_m)}`),
        el("span", { class: "tiny soft" }, `Source: ${location.source}`), badge(location.reliability),
        location.provisional && badge("provisional", "confirmed by one person, second review open"),
        location.remarks && el("span", { class: "tiny soft" }, location.remarks)),
      settings.can.locate && el("span", { class: "button-row" },
        button("Change", "edit", () => this._form.openExisting(this._state.locations.find(({ id }) => id === location.id)), "quiet"),
        button("Deactivate", "cross", () => this._deactivate(location), "quiet")));
  }

  async _deactivate(location) {
    const address = `${this._state.address}/locations/${location.id}`;
    const done = await attempt(async () => {
      await api.remove(address);
      await this._reload();
      return true;
    });
    if (!done) return;
    toast(`“${location.label}” no longer ranks cameras.`, {
      action: { label: "Undo", run: () => attempt(async () => { await api.patch(address, { active: true }); await this._reload(); }) },
    });
  }

  async _reload() {
    await this._state.loadLocations();
    await this._state.loadRanking();
  }
}
