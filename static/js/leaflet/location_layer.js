// Last-known locations: a pin, a circle as wide as its uncertainty, and rings of equal distance.

import { el, icon } from "./dom.js";
import { metres } from "./times.js";

const L = window.L;
const RINGS_M = [250, 500, 1000];
const NORTH_DEG_PER_M = 1 / 111_195;

export class LocationLayer {
  /**
   * `onSelect(id)` when a pin is clicked; without it, pins are only looked at. `onDraftMoved(latlng)`
   * when the new pin is dragged.
   */
  constructor(map, clock, { onSelect, onDraftMoved }) {
    this._map = map;
    this._clock = clock;
    this._onSelect = onSelect;
    this._onDraftMoved = onDraftMoved;
    map.createPane("rings").style.zIndex = 350;
    this._shapes = L.layerGroup().addTo(map);
    this._draft = null;
  }

  /**
   * Rings are drawn around `centre`: the latest location, or the one that is selected. Places where
   * the subject was seen only after `moment` are faint. Without `radiusM` nothing ends at a distance.
   */
  show(locations, centre, radiusM, moment = null) {
    this._shapes.clearLayers();
    this._isFuture = (place) => moment !== null && place.seen_at !== null && new Date(place.seen_at) > new Date(moment);
    if (centre) this._addRings(centre, radiusM);
    for (const location of locations) {
      this._addUncertainty(location);
      this._addPin(location, location.id === centre?.id);
    }
  }

  /** The location that is being entered: a pin that can be dragged, with its uncertainty. */
  showDraft(latlng, uncertaintyM) {
    if (!this._draft) {
      const pin = L.marker(latlng, { icon: pinIcon("draft", "plus"), draggable: true, keyboard: false, zIndexOffset: 900 });
      const circle = L.circle(latlng, { radius: uncertaintyM, className: "uncertainty draft", interactive: false });
      pin.on("drag", () => circle.setLatLng(pin.getLatLng()));
      pin.on("dragend", () => this._onDraftMoved(pin.getLatLng()));
      this._draft = { pin: pin.addTo(this._map), circle: circle.addTo(this._map) };
    }
    this._draft.pin.setLatLng(latlng);
    this._draft.circle.setLatLng(latlng).setRadius(uncertaintyM);
  }

  hideDraft() {
    this._draft?.pin.remove();
    this._draft?.circle.remove();
    this._draft = null;
  }

  _addRings(centre, radiusM) {
    const radii = new Set(radiusM ? [...RINGS_M, radiusM] : RINGS_M);
    for (const radius of radii) {
      const outermost = radius === radiusM;
      L.circle([centre.latitude_deg, centre.longitude_deg], {
        radius, pane: "rings", interactive: false, className: outermost ? "ring search" : "ring",
      }).addTo(this._shapes);
      const north = [centre.latitude_deg + radius * NORTH_DEG_PER_M, centre.longitude_deg];
      const label = el("span", {}, outermost ? `ranked up to ${metres(radius)}` : metres(radius));
      L.marker(north, { icon: L.divIcon({ className: "ring-label", html: label, iconSize: null }), interactive: false, keyboard: false })
        .addTo(this._shapes);
    }
  }

  _addUncertainty(location) {
    L.circle([location.latitude_deg, location.longitude_deg], {
      radius: location.uncertainty_m, pane: "rings", className: "uncertainty", interactive: false,
    }).addTo(this._shapes);
  }

  _addPin(location, isCentre) {
    const symbol = location.source === "tip" ? "tip" : location.sighting_id ? "check" : "place";
    const pin = L.marker([location.latitude_deg, location.longitude_deg], {
      icon: pinIcon([isCentre && "centre", location.provisional && "provisional", location.source === "tip" && "of-tip", this._isFuture(location) && "future"].filter(Boolean).join(" "), symbol),
      title: location.label, alt: `Last-known location ${location.label}`,
      zIndexOffset: isCentre ? 500 : 400, ...touched(this._onSelect),
    });
    const when = location.seen_at ? this._clock.dayTime(location.seen_at) : "time unknown";
    pin.bindTooltip(el("span", {}, el("strong", {}, location.label), el("br"), `${when}, ± ${metres(location.uncertainty_m)}, ${location.source}, ${location.reliability}${location.provisional ? "; provisional: confirmed by one person" : ""}`), { direction: "top", offset: [0, -30] });
    pin.on("click", () => this._onSelect?.(location.id));
    pin.addTo(this._shapes);
  }
}

/** Options of a marker: where a click does nothing, keys must not stop at it either. */
export function touched(onSelect) {
  return { interactive: Boolean(onSelect), keyboard: Boolean(onSelect) };
}

function pinIcon(kind, symbol) {
  return L.divIcon({
    className: `place-pin ${kind}`, html: el("span", {}, icon(symbol)), iconSize: [30, 38], iconAnchor: [15, 36],
  });
}
