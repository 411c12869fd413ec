// All cameras on one canvas: clusters when far, then dots, then wedges and names; ranked ones are
// numbered at every zoom. One canvas keeps thousands of cameras smooth; there is no element for each.

import * as shapes from "./camera_shapes.js";
import { cluster } from "./camera_clusters.js";
import { palette } from "./palette.js";
import { ViewCanvas, metresPerPixel } from "./view_canvas.js";

const L = window.L;
const CLUSTERS_BELOW_ZOOM = 15;
const WEDGES_FROM_ZOOM = 16;
const RANKED_WEDGES_FROM_ZOOM = 15;
const NAMES_FROM_ZOOM = 17;
const CLUSTER_DISTANCE_PX = 54;
const REACH_PX = 14; // how near a click has to be
const DEFAULT_RANGE_M = 30;
const INACTIVE = new Set(["removed", "planned"]);

export const CameraLayer = ViewCanvas.extend({
  options: { names: true },

  /** `lookOf(id)` → { rank, holding, visit, checked, selected, covered } */
  initialize(lookOf, options) {
    ViewCanvas.prototype.initialize.call(this, options);
    this._lookOf = lookOf;
    this._cameras = [];
    this._drawn = [];
    this._clusters = new Map();
  },

  onAdd(map) {
    ViewCanvas.prototype.onAdd.call(this, map);
    map.on("click", this._clicked, this).on("mousemove", this._hovered, this);
  },

  onRemove(map) {
    map.off("click", this._clicked, this).off("mousemove", this._hovered, this);
    ViewCanvas.prototype.onRemove.call(this, map);
  },

  setCameras(cameras) {
    this._cameras = cameras;
    this._clusters.clear();
    this.redrawSoon();
  },

  draw(context, bounds) {
    const colours = palette();
    const zoom = this._map.getZoom();
    this._drawn = [];
    const [plain, marked] = this._inView(bounds.min.subtract([60, 60]), bounds.max.add([60, 60]));
    if (zoom < CLUSTERS_BELOW_ZOOM) this._drawClusters(context, bounds, colours);
    else this._drawPlain(context, plain, zoom, colours);
    this._drawMarked(context, marked, zoom, colours);
    if (this.options.names && zoom >= NAMES_FROM_ZOOM) this._drawNames(context, colours);
  },

  /** Cameras in the view, apart: those the case says something about are drawn over the others. */
  _inView(min, max) {
    const plain = [];
    const marked = [];
    for (const camera of this._cameras) {
      const at = this._map.latLngToLayerPoint(camera.latlng);
      if (at.x < min.x || at.y < min.y || at.x > max.x || at.y > max.y) continue;
      const look = this._lookOf(camera.id);
      look.inactive = INACTIVE.has(camera.status);
      const item = { x: at.x, y: at.y, camera, look };
      (look.rank || look.selected || look.checked || look.visit ? marked : plain).push(item);
    }
    marked.sort((a, b) => (b.look.rank ?? 1e9) - (a.look.rank ?? 1e9));
    return [plain, marked];
  },

  _drawClusters(context, bounds, colours) {
    const origin = this._map.getPixelOrigin();
    for (const group of this._groups()) {
      const x = group.x - origin.x;
      const y = group.y - origin.y;
      if (x < bounds.min.x || y < bounds.min.y || x > bounds.max.x || y > bounds.max.y) continue;
      if (group.members.length === 1) {
        const { camera } = group.members[0];
        const look = this._lookOf(camera.id);
        shapes.drawDot(context, x, y, 4.5, look, colours);
        this._drawn.push({ x, y, radius: 5, camera });
      } else {
        const radius = shapes.drawCluster(context, { ...group, x, y }, colours);
        this._drawn.push({ x, y, radius, members: group.members });
      }
    }
  },

  /** Clusters of a zoom are made once and kept: panning only moves them. */
  _groups() {
    const zoom = this._map.getZoom();
    if (!this._clusters.has(zoom)) {
      const points = this._cameras.map((camera) => {
        const at = this._map.project(camera.latlng, zoom);
        return { x: at.x, y: at.y, camera };
      });
      this._clusters.set(zoom, cluster(points, CLUSTER_DISTANCE_PX));
    }
    return this._clusters.get(zoom);
  },

  _drawPlain(context, items, zoom, colours) {
    if (zoom >= WEDGES_FROM_ZOOM) for (const item of items) this._drawWedges(context, item, colours["camera-unknown"]);
    for (const { x, y, camera, look } of items) {
      shapes.drawDot(context, x, y, 4.5, look, colours);
      this._drawn.push({ x, y, radius: 5, camera });
    }
  },

  _drawMarked(context, items, zoom, colours) {
    for (const item of items) {
      if (zoom >= RANKED_WEDGES_FROM_ZOOM || item.look.selected) this._drawWedges(context, item, colours["camera-ready"]);
    }
    for (const item of items) {
      const { x, y, camera, look } = item;
      const radius = look.rank ? 11 : 6;
      context.globalAlpha = look.covered === false && !look.selected ? 0.35 : 1;
      if (look.covered) shapes.drawCovered(context, x, y, radius, colours);
      if (look.selected) shapes.drawSelection(context, x, y, radius, colours);
      else if (look.checked) shapes.drawCheck(context, x, y, radius, colours);
      if (look.rank) shapes.drawRanked(context, x, y, look.rank, look, colours);
      else shapes.drawDot(context, x, y, radius, look, colours);
      shapes.drawVisitMark(context, x + radius * 0.8, y + radius * 0.8, look.visit, colours);
      this._drawn.push({ x, y, radius, camera });
    }
    context.globalAlpha = 1;
  },

  _drawWedges(context, { x, y, camera }, colour) {
    const perPixel = metresPerPixel(this._map, camera.latlng.lat);
    shapes.drawWedges(context, x, y, camera, (camera.range_m || DEFAULT_RANGE_M) / perPixel, colour);
  },

  /** Names where there is room; a name that would cover another is left out. */
  _drawNames(context, colours) {
    const taken = [];
    context.font = "11.5px system-ui, sans-serif";
    for (const item of [...this._drawn].reverse()) {
      if (!item.camera) continue;
      const text = item.camera.name.slice(0, 40);
      const box = { x: item.x + item.radius + 5, y: item.y - 8, w: context.measureText(text).width, h: 16 };
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      shapes.drawName(context, box.x, item.y, text, colours);
    }
  },

  /** The topmost thing drawn at a point of the map's container. */
  _at(containerPoint) {
    const point = this._map.containerPointToLayerPoint(containerPoint);
    let best = null;
    let bestDistance = Infinity;
    for (const item of this._drawn) {
      const distance = Math.hypot(item.x - point.x, item.y - point.y);
      if (distance <= Math.max(item.radius + 3, REACH_PX) && distance <= bestDistance) {
        best = item;
        bestDistance = distance;
      }
    }
    return best;
  },

  _clicked(event) {
    const item = this._at(event.containerPoint);
    if (item?.members) {
      const section = L.latLngBounds(item.members.map((member) => member.camera.latlng));
      this._map.fitBounds(section.pad(0.2), { maxZoom: Math.max(this._map.getZoom() + 2, CLUSTERS_BELOW_ZOOM) });
    }
    this.fire(item ? "camera" : "ground", { id: item?.camera?.id, latlng: event.latlng, onCluster: Boolean(item?.members) });
  },

  _hovered(event) {
    if (event.originalEvent.buttons) return;
    const item = this._at(event.containerPoint);
    this._map.getContainer().classList.toggle("over-camera", Boolean(item));
    this.fire("hover", { camera: item?.camera ?? null, count: item?.members?.length ?? 0, latlng: event.latlng });
  },
});

function overlap(a, b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
