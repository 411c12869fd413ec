// What cameras see, whose footage of the window is at hand, and the streets that no camera sees.

import { byId } from "./dom.js";
import { palette } from "./palette.js";
import { clipTo } from "./streets_layer.js";
import { EXTENT, VectorTiles } from "./vector_tiles.js";
import { ViewCanvas } from "./view_canvas.js";

const FROM_ZOOM = 14;
const LIFETIME_MS = 60_000;
const METRES_PER_KM = 1000;

/** How each kind is filled; the pattern tells them apart without colour. */
const KINDS = [
  ["perhaps", { colour: "camera-unknown", alpha: 0.16, dash: [3, 3] }],
  ["seen", { colour: "camera-ready", alpha: 0.2, dash: [] }],
  ["held", { colour: "confirmed", alpha: 0.34, dash: [] }],
];

const CoverageCanvas = ViewCanvas.extend({
  options: { pane: "coverage", padding: 0.35, ofView: true },

  initialize(state, told, options) {
    ViewCanvas.prototype.initialize.call(this, options);
    this._told = told;
    this._tiles = new VectorTiles({
      address: (z, x, y) => `/tiles/coverage/${z}/${x}/${y}.mvt${windowOf(state.rankingQuery)}`,
      decode, changed: () => this.redrawOnArrival(), shallowest: FROM_ZOOM - 1, lifetimeMs: LIFETIME_MS,
    });
  },

  /** The window has changed: what was fetched is of another one. */
  refetch() {
    this._tiles.clear();
    this.redrawSoon();
  },

  draw(context, bounds) {
    if (this._map.getZoom() < FROM_ZOOM) {
      this._told("Zoom in to see what cameras see.");
      return;
    }
    const items = this._tiles.cover(this._map, bounds);
    const colours = palette();
    for (const [name, style] of KINDS) this._drawKind(context, items, name, style, colours);
    this._drawGaps(context, items, colours);
    this._told(summary(items.filter((item) => !item.clip && this._isInView(item))));
    this._container.dataset.complete = String(this._tiles.complete);
  },

  _drawKind(context, items, name, { colour, alpha, dash }, colours) {
    context.fillStyle = context.strokeStyle = colours[colour];
    for (const item of items) {
      const path = item.content.shapes.get(name);
      if (!path) continue;
      this._inTile(context, item, 1.2, dash, () => {
        context.globalAlpha = alpha;
        context.fill(path, "evenodd");
        context.globalAlpha = 0.75;
        context.stroke(path);
      });
    }
    context.globalAlpha = 1;
  },

  _drawGaps(context, items, colours) {
    context.strokeStyle = colours.danger;
    context.globalAlpha = 0.75;
    for (const item of items) {
      if (item.content.gaps) this._inTile(context, item, 2, [6, 4], () => context.stroke(item.content.gaps));
    }
    context.globalAlpha = 1;
  },

  /** Draw in units of a tile, inside it: shapes are cut a little outside of its edge. */
  _inTile(context, item, widthPx, dash, paint) {
    const scale = item.size / EXTENT;
    context.save();
    clipTo(context, item.clip ?? item);
    context.translate(item.x, item.y);
    context.scale(scale, scale);
    context.lineWidth = widthPx / scale;
    context.setLineDash(dash.map((length) => length / scale));
    paint();
    context.restore();
  },

  _isInView({ x, y, size }) {
    const min = this._map.containerPointToLayerPoint([0, 0]);
    const { x: width, y: height } = this._map.getSize();
    return x < min.x + width && y < min.y + height && x + size > min.x && y + size > min.y;
  },
});

/** The button that shows and hides the layer, and the sentence that sums it up. */
export class CoverageLayer {
  constructor(map, state) {
    map.createPane("coverage").style.zIndex = 330;
    this._map = map;
    this._canvas = new CoverageCanvas(state, (text) => { byId("coverage-summary").textContent = text; });
    this._button = byId("toggle-coverage");
    this._button.addEventListener("click", () => this.toggle());
    let shown = windowOf(state.rankingQuery);
    state.on("ranking", () => {
      if (windowOf(state.rankingQuery) === shown) return;
      shown = windowOf(state.rankingQuery);
      this._canvas.refetch();
    });
  }

  get shown() {
    return this._button.getAttribute("aria-pressed") === "true";
  }

  toggle() {
    const show = !this._map.hasLayer(this._canvas);
    if (show) this._canvas.addTo(this._map);
    else this._canvas.remove();
    this._button.setAttribute("aria-pressed", String(show));
    byId("coverage-bar").hidden = !show;
  }
}

function windowOf({ window_start: start, window_end: end }) {
  return start && end ? `?${new URLSearchParams({ window_start: start, window_end: end })}` : "";
}

function summary(items) {
  const sum = (name) => items.reduce((total, { content }) => total + content[name], 0);
  const streetM = sum("streetM");
  if (!streetM) return "No streets are imported here, so gaps cannot be measured.";
  const km = (metres) => (metres / METRES_PER_KM).toFixed(1);
  return `Around this view, ${km(sum("gapM"))} of ${km(streetM)} km of streets are in no camera's view.`;
}

function decode(tile) {
  const shapes = new Map();
  for (let i = 0; i < (tile.layers.coverage?.length ?? 0); i += 1) {
    const feature = tile.layers.coverage.feature(i);
    shapes.set(feature.properties.kind, pathOf(feature, true));
  }
  const gaps = tile.layers.gaps?.length ? tile.layers.gaps.feature(0) : null;
  return {
    shapes, gaps: gaps && pathOf(gaps, false), streetM: gaps?.properties.street_m ?? 0, gapM: gaps?.properties.gap_m ?? 0,
  };
}

function pathOf(feature, closed) {
  const path = new Path2D();
  for (const part of feature.loadGeometry()) {
    part.forEach(({ x, y }, index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
    if (closed) path.closePath();
  }
  return path;
}
