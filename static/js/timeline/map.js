// The timeline's map: stops with their uncertainty, the order in which they follow, where the subject
// can be at the moment that is showing, and a corridor with its cameras.

import { CameraLayer } from "../leaflet/camera_layer.js";
import { byId, el } from "../leaflet/dom.js";
import { addGround } from "../leaflet/ground_layer.js";
import { metres } from "../leaflet/times.js";
import { reachRegion } from "./reach.js";

const L = window.L;
const VISIT_OF = { "looked at": "done", planned: "queued" };
/** Always single dots: clusters would show counts among the numbers of the stops. */
const CorridorCameras = CameraLayer.extend({
  _drawClusters(context, bounds, colours) {
    this._drawPlain(context, this._inView(bounds.min, bounds.max)[0], this._map.getZoom(), colours);
  },
});
const FIT = { padding: [34, 34], maxZoom: 17 };

export class TimelineMap {
  constructor(model, clock, tiles, { onStop, onCamera }) {
    this._model = model;
    this._clock = clock;
    this._onStop = onStop;
    this._pins = new Map();
    const first = model.stops[0];
    const anchor = [first.latitude_deg, first.longitude_deg];
    this.map = L.map("timeline-map", { zoomSnap: 0.25, attributionControl: Boolean(tiles.url) }).setView(anchor, 15);
    this.map.attributionControl?.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(this.map);
    addGround(this.map, tiles, anchor);
    this.map.createPane("below").style.zIndex = 340;
    this._stops = L.layerGroup().addTo(this.map);
    this._corridor = L.layerGroup().addTo(this.map);
    this._region = L.polygon([], { pane: "below", className: "reach-region", interactive: false }).addTo(this.map);
    this._looks = new Map();
    this._cameras = new CorridorCameras((id) => ({ ...this._looks.get(id), selected: id === this._selected })).addTo(this.map);
    this._cameras.on("camera", ({ id, onCluster }) => { if (!onCluster && id) onCamera(id); });
  }

  /** Draw the chosen route anew. */
  showRoute() {
    const { _model: model } = this;
    this._stops.clearLayers();
    this._pins = new Map();
    for (const leg of model.route.legs) this._addLeg(leg);
    for (const stop of model.stops) this._addStop(stop, model.route.left_out.includes(stop.number));
    this._passed = L.polyline([], { className: "route-line passed", interactive: false }).addTo(this._stops);
    this._fit(model.routeStops);
  }

  /** All stops, those outside of the chosen route too. */
  fitAll() {
    this._fit(this._model.stops);
  }

  _fit(stops) {
    this.map.fitBounds(L.latLngBounds(stops.map(place)).pad(0.05), FIT);
  }

  showMoment(momentMs) {
    const now = this._model.at(momentMs);
    this._region.setLatLngs(this._regionAt(now, momentMs));
    for (const [number, pin] of this._pins) {
      const stop = this._model.stop(number);
      pin.getElement()?.classList.toggle("passed", stop.arrivedMs <= momentMs);
      pin.getElement()?.classList.toggle("now", stop === now.stop && stop.leftMs >= momentMs);
    }
    this._passed?.setLatLngs(this._model.routeStops.filter((stop) => stop.arrivedMs <= momentMs).map(place));
    return now;
  }

  focusStop(number) {
    this.map.panTo(place(this._model.stop(number)));
  }

  /** `corridor` as the API answers it. */
  showCorridor(corridor) {
    this.hideCorridor();
    const ring = corridor.outline.map(place);
    const shape = L.polygon(ring, { pane: "below", className: "corridor-shape", interactive: false }).addTo(this._corridor);
    for (const camera of corridor.cameras) {
      this._looks.set(camera.camera_id, {
        rank: null, holding: camera.held_share > 0 ? "ready" : "askable", visit: VISIT_OF[camera.looked] ?? null, checked: false,
      });
    }
    this._cameras.setCameras(corridor.cameras.map((camera) => ({ ...camera, id: camera.camera_id, latlng: L.latLng(place(camera)) })));
    this.map.fitBounds(shape.getBounds(), FIT);
  }

  hideCorridor() {
    this._corridor.clearLayers();
    this._looks.clear();
    this._selected = null;
    this._cameras.setCameras([]);
  }

  selectCamera(id) {
    this._selected = id;
    this._cameras.redrawSoon();
  }

  _regionAt(now, momentMs) {
    if (!now.from) return [];
    const way = this._model.speedFor(now.leg);
    return way ? reachRegion(now.from, now.to, momentMs, way.speed) : [];
  }

  _addLeg(leg) {
    const ends = [leg.from_number, leg.to_number].map((number) => place(this._model.stop(number)));
    L.polyline(ends, { className: leg.possible ? "order-line" : "order-line impossible", interactive: false }).addTo(this._stops);
  }

  _addStop(stop, isLeftOut) {
    L.circle(place(stop), {
      radius: stop.uncertainty_m, pane: "below", className: isLeftOut ? "uncertainty left-out" : "uncertainty", interactive: false,
    }).addTo(this._stops);
    const kind = `${stop.sighting ? "sighting" : ""} ${isLeftOut ? "left-out" : ""}`;
    const pin = L.marker(place(stop), {
      icon: L.divIcon({ className: `stop-pin ${kind}`, html: el("span", {}, String(stop.number)), iconSize: [28, 28], iconAnchor: [14, 14] }),
      alt: `Stop ${stop.number}: ${stop.label}`, title: "", zIndexOffset: isLeftOut ? 0 : 300,
    });
    pin.bindTooltip(el("span", { class: "tip-lines" }, el("strong", {}, `${stop.number} · ${stop.label}`),
      el("span", {}, `${this._clock.dayTime(stop.at)}, ± ${metres(stop.uncertainty_m)}`),
      isLeftOut ? el("span", {}, "not in the chosen route") : null), { direction: "top", offset: [0, -14] });
    pin.on("click", () => this._onStop(stop.number));
    pin.addTo(this._stops);
    this._pins.set(stop.number, pin);
  }
}

function place({ latitude_deg: latitude, longitude_deg: longitude }) {
  return [latitude, longitude];
}
