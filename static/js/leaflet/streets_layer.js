// Streets, railways, stations and place names from imported files, drawn under everything else.

import { palette } from "./palette.js";
import { StreetLabels } from "./street_labels.js";
import { EXTENT, VectorTiles } from "./vector_tiles.js";
import { ViewCanvas } from "./view_canvas.js";

const L = window.L;

/** From below to above. Widths are pixels at zoom 16; casing is the colour of the edge. */
const STYLES = [
  ["path", { width: 1.3, colour: "street-path", dash: [3, 3] }],
  ["service", { width: 2, colour: "street", casing: "street-casing" }],
  ["minor", { width: 4, colour: "street", casing: "street-casing" }],
  ["tertiary", { width: 5.5, colour: "street", casing: "street-casing" }],
  ["secondary", { width: 7, colour: "street-wide", casing: "street-wide-casing" }],
  ["primary", { width: 8, colour: "street-wide", casing: "street-wide-casing" }],
  ["trunk", { width: 9, colour: "street-wide", casing: "street-wide-casing" }],
  ["motorway", { width: 10, colour: "street-wide", casing: "street-wide-casing" }],
  ["rail", { width: 2.2, colour: "street-rail", dash: [9, 5] }],
];
const WIDTH_GROWTH = 0.72; // a street doubles its width in a little more than one zoom
const NARROWEST_PX = 0.8;
const CASED_FROM_PX = 2.2;
const CASING_PX = 1;
const NAMES_TOLD = 40;
const PAUSE_MS = 120;

const StreetsLayer = ViewCanvas.extend({
  options: { pane: "streets", padding: 0.35 },

  initialize(roads, options) {
    ViewCanvas.prototype.initialize.call(this, options);
    this._labels = new StreetLabels();
    this._tiles = new VectorTiles({
      address: (z, x, y) => `${roads.address ?? "/tiles/roads"}/${z}/${x}/${y}.mvt?v=${roads.version}`,
      decode, changed: () => this.redrawOnArrival(), shallowest: 3,
    });
  },

  draw(context, bounds) {
    const items = this._tiles.cover(this._map, bounds);
    const zoom = this._map.getZoom();
    const colours = palette();
    for (const [name, style] of STYLES) this._drawClass(context, items, name, style, zoom, colours, true);
    for (const [name, style] of STYLES) this._drawClass(context, items, name, style, zoom, colours, false);
    const names = this._labels.draw(context, bounds, items.filter((item) => !item.clip), zoom, colours);
    this._tellSoon(names);
  },

  _drawClass(context, items, name, style, zoom, colours, isCasing) {
    const width = Math.max(NARROWEST_PX, style.width * 2 ** ((zoom - 16) * WIDTH_GROWTH));
    const isThin = width < CASED_FROM_PX; // without room for an edge, the edge's darker colour is drawn
    if (isCasing && (!style.casing || isThin)) return;
    const drawn = isCasing ? width + 2 * CASING_PX : width;
    context.strokeStyle = colours[style.casing && (isCasing || isThin) ? style.casing : style.colour];
    context.lineCap = style.dash ? "butt" : "round";
    context.lineJoin = "round";
    for (const item of items) {
      const path = item.content.paths.get(name);
      if (!path) continue;
      const scale = item.size / EXTENT;
      context.save();
      if (item.clip) clipTo(context, item.clip);
      context.translate(item.x, item.y);
      context.scale(scale, scale);
      context.lineWidth = drawn / scale;
      if (style.dash) context.setLineDash(style.dash.map((length) => length / scale));
      context.stroke(path);
      context.restore();
    }
  },

  /** Who cannot see the canvas is told which streets it shows; not while it moves. */
  _tellSoon(names) {
    clearTimeout(this._telling);
    this._telling = setTimeout(() => {
      if (!this._container) return;
      const told = [...new Set(names)].slice(0, NAMES_TOLD);
      this._container.setAttribute("role", "img");
      this._container.setAttribute("aria-label", told.length ? `Streets and places: ${told.join(", ")}` : "Streets");
      this._container.dataset.complete = String(this._tiles.complete);
    }, PAUSE_MS);
  },
});

export function clipTo(context, { x, y, size }) {
  context.beginPath();
  context.rect(x, y, size, size);
  context.clip();
}

/** One path for each class, in units of the tile; lines with names; places. */
function decode(tile) {
  const paths = new Map();
  const lines = [];
  for (const feature of featuresOf(tile.layers.streets)) {
    const { class: name, name: label } = feature.properties;
    if (!paths.has(name)) paths.set(name, new Path2D());
    const parts = feature.loadGeometry();
    for (const points of parts) addLine(paths.get(name), points);
    if (label) for (const points of parts) lines.push({ label, class: name, points });
  }
  const places = featuresOf(tile.layers.places).map((feature) => {
    const [[at]] = feature.loadGeometry();
    return { label: feature.properties.name, kind: feature.properties.kind, at };
  });
  return { paths, lines, places };
}

function featuresOf(layer) {
  return Array.from({ length: layer?.length ?? 0 }, (_, index) => layer.feature(index));
}

function addLine(path, points) {
  points.forEach(({ x, y }, index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
}

/** Put imported streets on the map, with whom to credit for them. */
export function addStreets(map, roads) {
  if (!map.attributionControl) {
    map.attributionControl = L.control.attribution({ prefix: false, position: "bottomright" }).addTo(map);
  }
  for (const text of roads.attributions) {
    const safe = document.createElement("span");
    safe.textContent = text;
    map.attributionControl.addAttribution(safe.innerHTML);
  }
  return new StreetsLayer(roads).addTo(map);
}
