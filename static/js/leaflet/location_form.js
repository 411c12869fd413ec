// Entering and changing a last-known location in the pane beside the map.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { metres } from "./times.js";
import { attempt, toast } from "./toasts.js";

const STEPS_M = [5, 10, 25, 50, 100, 200, 300, 500, 750, 1000, 2000, 5000, 10_000];
const DEFAULT_UNCERTAINTY_M = 50;

export class LocationForm {
  /** `layer` shows the draft; `onDone()` when the form closes. */
  constructor(state, layer, { onDone }) {
    this._state = state;
    this._layer = layer;
    this._onDone = onDone;
    this._form = byId("location-form");
    if (!this._form) return;
    this._form.addEventListener("submit", (event) => { event.preventDefault(); this._save(); });
    this._form.elements.uncertainty.addEventListener("input", () => this._showDraft());
    this._form.elements.position.addEventListener("change", () => this._showDraft());
    byId("location-cancel").addEventListener("click", () => this.close());
    byId("address-search")?.addEventListener("click", () => this._searchAddress());
  }

  get isOpen() {
    return Boolean(this._form) && !this._form.hidden;
  }

  openNew(latlng, now = null) {
    if (!this._form) return;
    this._open("New last-known location", null);
    this._form.reset();
    this._setUncertainty(DEFAULT_UNCERTAINTY_M);
    if (now) this._form.elements.seen_at.value = this._state.clock.toControl(now);
    if (latlng) this.moveTo(latlng);
    this._form.elements.label.focus({ preventScroll: true });
  }

  openExisting(location) {
    if (!this._form) return;
    this._open("Change last-known location", location.id);
    const { elements } = this._form;
    for (const name of ["label", "source", "reliability", "remarks"]) elements[name].value = location[name];
    elements.seen_at.value = this._state.clock.toControl(location.seen_at);
    this._setUncertainty(location.uncertainty_m);
    this.moveTo({ lat: location.latitude_deg, lng: location.longitude_deg });
    elements.label.focus();
  }

  moveTo(latlng) {
    this._form.elements.position.value = `${latlng.lat.toFixed(6)}, ${latlng.lng.toFixed(6)}`;
    this._showDraft();
  }

  close() {
    this._form.hidden = true;
    this._layer.hideDraft();
    this._onDone();
  }

  _open(title, id) {
    this._id = id;
    byId("location-form-title").textContent = title;
    this._showErrors({});
    this._form.hidden = false;
  }

  get _uncertaintyM() {
    return STEPS_M[Number(this._form.elements.uncertainty.value)];
  }

  _setUncertainty(uncertaintyM) {
    const index = STEPS_M.findIndex((step) => step >= uncertaintyM);
    this._form.elements.uncertainty.max = STEPS_M.length - 1;
    this._form.elements.uncertainty.value = index < 0 ? STEPS_M.length - 1 : index;
    byId("uncertainty-value").textContent = `± ${metres(this._uncertaintyM)}`;
  }

  _showDraft() {
    byId("uncertainty-value").textContent = `± ${metres(this._uncertaintyM)}`;
    const position = this._readPosition();
    if (position) this._layer.showDraft([position.latitude_deg, position.longitude_deg], this._uncertaintyM);
    else this._layer.hideDraft();
  }

  /** Decimal degrees, latitude first; other notations are read on the locations page. */
  _readPosition() {
    const match = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(this._form.elements.position.value);
    if (!match) return null;
    const [latitude, longitude] = [Number(match[1]), Number(match[2])];
    if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null;
    return { latitude_deg: latitude, longitude_deg: longitude };
  }

  async _save() {
    const position = this._readPosition();
    if (!position) {
      this._showErrors({ position: "click on the map, or type latitude and longitude in degrees: 12.9716, 77.5946" });
      return;
    }
    const { label, source, reliability, remarks, seen_at: seenAt } = this._form.elements;
    const body = {
      ...position, label: label.value, source: source.value, reliability: reliability.value, remarks: remarks.value,
      seen_at: this._state.clock.fromControl(seenAt.value), uncertainty_m: this._uncertaintyM,
    };
    try {
      if (this._id) await api.patch(`${this._state.address}/locations/${this._id}`, body);
      else await api.post(`${this._state.address}/locations`, body);
    } catch (problem) {
      if (!(problem instanceof api.ApiProblem)) throw problem;
      this._showErrors(problem.fields, problem.message);
      return;
    }
    this.close();
    toast(this._id ? "The location is changed." : "The location is saved; the ranking follows.");
    await this._state.loadLocations();
    await this._state.loadRanking();
  }

  async _searchAddress() {
    const text = this._form.elements.address.value.trim();
    if (!text) return;
    const answer = await attempt(() => api.get("/api/geocode", { q: text }));
    const place = answer?.items?.[0];
    if (!place) {
      if (answer) toast("The geocoder knows no such address.", { error: true });
      return;
    }
    if (!this._form.elements.label.value) this._form.elements.label.value = place.label.slice(0, 200);
    this.moveTo({ lat: place.latitude_deg, lng: place.longitude_deg });
    this._state.tell("fly", { latlng: [place.latitude_deg, place.longitude_deg] });
  }

  _showErrors(fields, sentence = "") {
    const known = { latitude_deg: "position", longitude_deg: "position", uncertainty_m: "uncertainty" };
    for (const slot of this._form.querySelectorAll("[data-error-for]")) slot.textContent = "";
    for (const [name, reason] of Object.entries(fields)) {
      const slot = this._form.querySelector(`[data-error-for="${known[name] ?? name}"]`);
      if (slot) slot.textContent = reason;
    }
    byId("location-form-problem").textContent = sentence;
    byId("location-form-problem").hidden = !sentence;
  }
}
