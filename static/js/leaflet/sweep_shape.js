// Drawing a shape on the map, whose cameras a sweep then visits: drag for a rectangle, tap the corners
// of any other. By pointer events, so that fingers, pens and mice do the same.

import { byId } from "./dom.js";
import { announce } from "./toasts.js";

const L = window.L;
const DRAG_PX = 8;
const CLOSE_PX = 16;
const STYLE = { color: "#b8124f", weight: 2, dashArray: "6 4", fillOpacity: 0.08 };

export class SweepShape {
  constructor(map, state) {
    this._map = map;
    this._state = state;
    this._button = byId("draw-shape");
    if (!this._button) return;
    this._corners = [];
    this._outline = L.polygon([], { ...STYLE, interactive: false });
    this._button.addEventListener("click", () => (this._drawing ? this._stop() : this._start()));
    const pane = map.getContainer();
    pane.addEventListener("pointerdown", (event) => this._down(event), true);
    pane.addEventListener("pointermove", (event) => this._move(event), true);
    pane.addEventListener("pointerup", (event) => this._up(event), true);
    pane.addEventListener("click", (event) => this._swallow(event), true);
    document.addEventListener("keydown", (event) => {
      if (!this._drawing) return;
      if (event.key === "Escape") this._stop();
      if (event.key === "Enter") { event.preventDefault(); this._finish(); }
    });
    state.on("shape", () => { if (!state.shape) this._outline.remove(); });
  }

  _start() {
    this._drawing = true;
    this._corners = [];
    this._state.shape = null;
    this._button.setAttribute("aria-pressed", "true");
    this._map.dragging.disable();
    this._map.doubleClickZoom.disable();
    this._map.getContainer().classList.add("drawing");
    this._outline.setLatLngs([]).addTo(this._map);
    this._say("Drag a rectangle, or tap corner after corner and the first one again. Enter ends it, Escape drops it.");
  }

  _stop({ keep = false } = {}) {
    this._drawing = false;
    this._from = null;
    this._button.setAttribute("aria-pressed", "false");
    this._map.dragging.enable();
    this._map.doubleClickZoom.enable();
    this._map.getContainer().classList.remove("drawing");
    byId("shape-hint").hidden = true;
    if (!keep) this._outline.remove();
  }

  _say(words) {
    byId("shape-hint").textContent = words;
    byId("shape-hint").hidden = false;
    announce(words);
  }

  _isOnMap(event) {
    return this._drawing && event.isPrimary && !event.target.closest(".leaflet-control, button, a, input");
  }

  _down(event) {
    if (!this._isOnMap(event)) return;
    event.stopPropagation();
    event.preventDefault();
    this._from = this._map.mouseEventToContainerPoint(event);
  }

  _move(event) {
    if (!this._drawing) return;
    const at = this._map.mouseEventToContainerPoint(event);
    if (this._from && this._corners.length === 0 && at.distanceTo(this._from) > DRAG_PX) this._show(this._rectangle(this._from, at));
    else if (this._corners.length) this._show([...this._corners, this._map.containerPointToLatLng(at)]);
  }

  _up(event) {
    if (!this._drawing || !this._from) return;
    event.stopPropagation();
    const [from, at] = [this._from, this._map.mouseEventToContainerPoint(event)];
    this._from = null;
    if (this._corners.length === 0 && at.distanceTo(from) > DRAG_PX) {
      this._corners = this._rectangle(from, at);
      this._finish();
      return;
    }
    const first = this._corners[0] && this._map.latLngToContainerPoint(this._corners[0]);
    if (this._corners.length > 2 && at.distanceTo(first) < CLOSE_PX) {
      this._finish();
      return;
    }
    this._corners.push(this._map.containerPointToLatLng(at));
    this._show(this._corners);
  }

  /** While drawing, a tap selects no camera. The one that ends it comes a moment after. */
  _swallow(event) {
    if ((this._drawing && this._isOnMap({ isPrimary: true, target: event.target })) || performance.now() - this._endedAt < 300) event.stopPropagation();
  }

  _rectangle(a, b) {
    return [[a.x, a.y], [b.x, a.y], [b.x, b.y], [a.x, b.y]].map((xy) => this._map.containerPointToLatLng(xy));
  }

  _show(corners) {
    this._outline.setLatLngs(corners);
  }

  _finish() {
    if (this._corners.length < 3) {
      this._say("A shape needs at least three corners.");
      return;
    }
    this._endedAt = performance.now();
    this._show(this._corners);
    this._state.shape = this._corners.map((at) => ({ latitude_deg: at.lat, longitude_deg: at.wrap().lng }));
    this._stop({ keep: true });
    this._state.tell("shape");
  }
}
