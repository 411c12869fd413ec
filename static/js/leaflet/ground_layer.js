// The ground without map tiles: a calm background and a grid labelled in kilometres from an anchor,
// usually the place where the subject was last seen.

import { palette } from "./palette.js";
import { addStreets } from "./streets_layer.js";
import { ViewCanvas, metresPerPixel } from "./view_canvas.js";

const L = window.L;
const METRES_PER_DEGREE = 111_195;
const STEPS_M = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000];
const WANTED_STEP_PX = 130;
const LABEL_INSET_PX = 8;

const GroundLayer = ViewCanvas.extend({
  options: { pane: "tilePane", padding: 0.35, ofView: true },

  initialize(anchor, options) {
    ViewCanvas.prototype.initialize.call(this, options);
    this._anchor = anchor;
  },

  setAnchor(anchor) {
    this._anchor = anchor;
    this.redrawSoon();
  },

  draw(context, bounds) {
    const colours = palette();
    const size = bounds.getSize();
    context.fillStyle = colours.ground;
    context.fillRect(bounds.min.x, bounds.min.y, size.x, size.y);
    const stepM = chooseStep(metresPerPixel(this._map, this._anchor.lat));
    if (!this.options.quiet) this._drawLines(context, bounds, stepM / 5, colours["ground-line"], 0.5);
    this._drawLines(context, bounds, stepM, colours[this.options.quiet ? "ground-line" : "ground-line-strong"], 1);
    this._drawLabels(context, stepM, colours);
  },

  _drawLines(context, bounds, stepM, colour, width) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const { at } of this._columns(bounds, stepM)) {
      context.moveTo(Math.round(at) + 0.5, bounds.min.y);
      context.lineTo(Math.round(at) + 0.5, bounds.max.y);
    }
    for (const { at } of this._rows(bounds, stepM)) {
      context.moveTo(bounds.min.x, Math.round(at) + 0.5);
      context.lineTo(bounds.max.x, Math.round(at) + 0.5);
    }
    context.stroke();
  },

  _drawLabels(context, stepM, colours) {
    const min = this._map.containerPointToLayerPoint([0, 0]);
    const visible = L.bounds(min, min.add(this._map.getSize()));
    context.fillStyle = colours["ground-ink"];
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "left";
    context.textBaseline = "top";
    for (const { at, metres } of this._columns(visible, stepM)) {
      context.fillText(gridLabel(metres, "E", "W"), at + 4, visible.min.y + LABEL_INSET_PX);
    }
    context.textBaseline = "bottom";
    for (const { at, metres } of this._rows(visible, stepM)) {
      if (at < visible.min.y + 40) continue;
      context.fillText(gridLabel(metres, "N", "S"), visible.min.x + LABEL_INSET_PX, at - 3);
    }
  },

  /** Lines of equal longitude: their x, and how far east of the anchor they are. */
  _columns(bounds, stepM) {
    const degrees = stepM / (METRES_PER_DEGREE * Math.cos((this._anchor.lat * Math.PI) / 180));
    const west = this._map.layerPointToLatLng(bounds.min).lng;
    const east = this._map.layerPointToLatLng(bounds.max).lng;
    return this._lines((west - this._anchor.lng) / degrees, (east - this._anchor.lng) / degrees, (index) => ({
      at: this._map.latLngToLayerPoint([this._anchor.lat, this._anchor.lng + index * degrees]).x,
      metres: index * stepM,
    }));
  },

  /** Lines of equal latitude: their y, and how far north of the anchor they are. */
  _rows(bounds, stepM) {
    const degrees = stepM / METRES_PER_DEGREE;
    const south = this._map.layerPointToLatLng(bounds.max).lat;
    const north = this._map.layerPointToLatLng(bounds.min).lat;
    return this._lines((south - this._anchor.lat) / degrees, (north - this._anchor.lat) / degrees, (index) => ({
      at: this._map.latLngToLayerPoint([this._anchor.lat + index * degrees, this._anchor.lng]).y,
      metres: index * stepM,
    }));
  },

  _lines(from, to, line) {
    const lines = [];
    if (to - from > 600) return lines; // far out: more lines than pixels between them
    for (let index = Math.ceil(from); index <= Math.floor(to); index += 1) lines.push(line(index));
    return lines;
  },
});

function chooseStep(metresPerPx) {
  return STEPS_M.find((step) => step / metresPerPx >= WANTED_STEP_PX) ?? STEPS_M.at(-1);
}

function gridLabel(metres, positive, negative) {
  if (metres === 0) return "0";
  const size = Math.abs(metres);
  const text = size < 1000 ? `${size} m` : `${+(size / 1000).toFixed(1)} km`;
  return `${text} ${metres > 0 ? positive : negative}`;
}

/**
 * What lies under everything else: map tiles where the installation has them, else the drawn ground.
 * A layer of imported streets goes between this and the cameras (pane "streets").
 */
export function addGround(map, tiles, anchor) {
  map.createPane("streets").style.zIndex = 250;
  if (tiles.url) {
    L.tileLayer(tiles.url, { attribution: tiles.attribution, maxZoom: 19 }).addTo(map);
    return null;
  }
  const ground = new GroundLayer(L.latLng(anchor));
  ground.addTo(map);
  if (tiles.roads) {
    ground.options.quiet = true;
    addStreets(map, tiles.roads);
  }
  return ground;
}
