// Sightings on the map: the face that was seen, at its camera, and the route of confirmed ones.

import { el } from "./dom.js";
import { touched } from "./location_layer.js";

const L = window.L;
const PULSE_MS = 8000;
const WEIGHT = { confirmed: 3, candidate: 2, unsure: 1, rejected: 0 };

export class SightingLayer {
  /** `onSelect(id)` when a sighting is clicked; without it, sightings are only looked at. */
  constructor(map, clock, { onSelect } = {}) {
    this._map = map;
    this._clock = clock;
    this._onSelect = onSelect;
    this._markers = new Map(); // camera id → marker
    this._route = L.polyline([], { className: "route-line", interactive: false }).addTo(map);
    this._fresh = new Map(); // sighting id → until when it pulses
  }

  pulse(sightingId) {
    this._fresh.set(sightingId, Date.now() + PULSE_MS);
  }

  /**
   * Rejected sightings are not on the map; those at one camera share a marker. Those after `moment`
   * are faint, and the route ends there.
   */
  show(sightings, selectedId, moment = null) {
    this._isFuture = (sighting) => moment !== null && new Date(sighting.seen_at) > new Date(moment);
    const groups = groupByCamera(sightings.filter((sighting) => sighting.state !== "rejected"));
    for (const [cameraId, marker] of this._markers) {
      if (groups.has(cameraId)) continue;
      marker.remove();
      this._markers.delete(cameraId);
    }
    for (const [cameraId, group] of groups) this._showGroup(cameraId, group, selectedId);
    const confirmed = sightings.filter((sighting) => sighting.state === "confirmed" && !this._isFuture(sighting));
    confirmed.sort((a, b) => a.seen_at.localeCompare(b.seen_at));
    this._route.setLatLngs(confirmed.map(position));
  }

  _showGroup(cameraId, group, selectedId) {
    const past = group.filter((sighting) => !this._isFuture(sighting));
    const shown = group.find((sighting) => sighting.id === selectedId) ?? strongest(past.length ? past : group);
    const icon = this._icon(shown, group, selectedId);
    let marker = this._markers.get(cameraId);
    if (!marker) {
      marker = L.marker(position(shown), { icon, riseOnHover: true, zIndexOffset: 700, ...touched(this._onSelect) }).addTo(this._map);
      marker.on("click", () => this._onSelect?.(marker.sightingId));
      this._markers.set(cameraId, marker);
    } else {
      marker.setIcon(icon);
    }
    marker.sightingId = shown.id;
    if (!this._onSelect) marker.getElement()?.setAttribute("role", "img"); // a name needs a role
    marker.getElement()?.setAttribute("aria-label", `Sighting at ${shown.camera.name}, ${this._clock.time(shown.seen_at)}, ${shown.standing ?? shown.state}`);
  }

  _icon(shown, group, selectedId) {
    const fresh = group.some((sighting) => (this._fresh.get(sighting.id) ?? 0) > Date.now());
    const classes = [
      "sighting-pin", shown.state, shown.state === "confirmed" && !shown.is_lead && "provisional", fresh && "fresh",
      group.every(this._isFuture) && "future", shown.id === selectedId && "selected",
    ];
    const face = el("span", { class: "sighting-face" }, el("img", { src: shown.face.crop, alt: "" }));
    if (group.length > 1) face.append(el("b", {}, String(group.length)));
    return L.divIcon({ className: classes.filter(Boolean).join(" "), html: face, iconSize: [44, 52], iconAnchor: [22, 58] });
  }
}

function groupByCamera(sightings) {
  const groups = new Map();
  for (const sighting of sightings) {
    if (!groups.has(sighting.camera.id)) groups.set(sighting.camera.id, []);
    groups.get(sighting.camera.id).push(sighting);
  }
  return groups;
}

function strongest(group) {
  return group.reduce((best, one) => {
    const byState = WEIGHT[one.state] - WEIGHT[best.state];
    return byState > 0 || (byState === 0 && one.similarity > best.similarity) ? one : best;
  });
}

const position = (sighting) => [sighting.latitude_deg, sighting.longitude_deg];
