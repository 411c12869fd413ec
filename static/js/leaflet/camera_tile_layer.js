// Cameras by the hundred thousand: counted by the server when far, each one when near. What the case
// knows of (ranked, visited, chosen) is drawn at every zoom, whatever the tiles hold.

import { CameraLayer } from "./camera_layer.js";
import * as shapes from "./camera_shapes.js";
import { palette } from "./palette.js";
import { TilePictures } from "./tile_pictures.js";
import { EXTENT, VectorTiles, readTile } from "./vector_tiles.js";
import { metresPerPixel, pixelRatio } from "./view_canvas.js";

const L = window.L;
const WEDGES_FROM_ZOOM = 16;
const NAMES_FROM_ZOOM = 17;
const CLUSTER_DISTANCE_PX = 46;
const DOT_PX = 4.5;
const PICTURED_FROM = 60; // cameras of a tile; a picture of fewer saves less than it takes of memory
const DEFAULT_RANGE_M = 40;
const LIFETIME_MS = 60_000;
const WORLD_PX = 256;
const NEAREST_ZOOM = 20;
const INACTIVE = new Set(["removed", "planned"]);

export const CameraTileLayer = CameraLayer.extend({
  options: { padding: 0.2 }, // thousands of dots beside the view cost more than drawing sooner again

  /**
   * `lookOf(id)` → { rank, holding, visit, checked, selected, covered }; `marked()` → the cameras
   * that the case knows of, with `id` and `latlng`; `found(cameras)` is told of cameras that have
   * arrived; while `onlyMarked()` is true, nothing else is drawn.
   */
  initialize(lookOf, { marked = () => [], found = () => {}, onlyMarked = () => false } = {}, options = {}) {
    CameraLayer.prototype.initialize.call(this, lookOf, options);
    this._marked = marked;
    this._onlyMarked = onlyMarked;
    this._pictures = new TilePictures();
    this._tiles = new VectorTiles({
      address: (z, x, y) => `/tiles/cameras/${z}/${x}/${y}.mvt`,
      decode: (tile, place) => decode(tile, place, found),
      changed: () => this.redrawOnArrival(), shallowest: 1, lifetimeMs: LIFETIME_MS,
    });
  },

  draw(context, bounds) {
    const colours = palette();
    const zoom = this._map.getZoom();
    const items = this._tiles.cover(this._map, bounds);
    this._drawn = [];
    const marked = this._markedInView(bounds);
    const known = new Set(marked.map(({ camera }) => camera.id));
    const { tiles, groups } = this._onlyMarked() ? { tiles: [], groups: [] } : this._gather(items, bounds, known);
    this._drawGroups(context, groups, colours);
    if (zoom >= WEDGES_FROM_ZOOM) for (const { plain } of tiles) this._drawPlainWedges(context, plain, colours);
    this._drawDots(context, tiles, known, colours);
    this._drawMarked(context, marked, zoom, colours);
    if (zoom >= NAMES_FROM_ZOOM) this._drawNames(context, colours);
    this._container.dataset.zoom = String(zoom);
    this._container.dataset.drawn = String(this._drawn.length);
    this._container.dataset.complete = String(this._tiles.complete);
  },

  /** Cameras that are drawn now, each with its place on the layer; counts are not among them. */
  shownCameras() {
    return this._drawn.filter((item) => item.camera);
  },

  _markedInView(bounds) {
    const items = [];
    for (const camera of this._marked()) {
      const at = this._map.latLngToLayerPoint(camera.latlng);
      if (!isInside(at.x, at.y, bounds)) continue;
      const look = this._lookOf(camera.id);
      look.inactive = INACTIVE.has(camera.status);
      items.push({ x: at.x, y: at.y, camera, look });
    }
    return items.sort((a, b) => (b.look.rank ?? 1e9) - (a.look.rank ?? 1e9));
  },

  /** Each tile's cameras, and all groups, in layer pixels. Groups that would overlap are joined. */
  _gather(items, bounds, known) {
    const tiles = [];
    const counted = [];
    const scale = WORLD_PX * 2 ** this._map.getZoom();
    const origin = this._map.getPixelOrigin();
    for (const item of items) {
      const plain = [];
      const turn = (item.place.column - item.place.x) / 2 ** item.place.z; // the world repeats
      const keep = item.clip ? boundsOf(item.clip) : bounds;
      for (const camera of item.content.cameras) {
        const x = (camera.world.x + turn) * scale - origin.x;
        const y = camera.world.y * scale - origin.y;
        if (isInside(x, y, keep) && !known.has(camera.id)) plain.push({ x, y, camera });
      }
      tiles.push({ item, plain });
      for (const group of item.content.groups) {
        const x = (group.world.x + turn) * scale - origin.x;
        const y = group.world.y * scale - origin.y;
        if (isInside(x, y, keep) && isInside(x, y, bounds)) counted.push({ ...group, x, y });
      }
    }
    return { tiles, groups: joined(counted) };
  },

  _drawGroups(context, groups, colours) {
    for (const group of groups) {
      const radius = shapes.drawCluster(context, { x: group.x, y: group.y, members: { length: group.count } }, colours);
      this._drawn.push({ x: group.x, y: group.y, radius, group });
    }
  },

  _drawPlainWedges(context, plain, colours) {
    const perPixel = metresPerPixel(this._map, this._map.getCenter().lat);
    for (const { x, y, camera } of plain) {
      shapes.drawWedges(context, x, y, camera, (camera.range_m || DEFAULT_RANGE_M) / perPixel, colours["camera-unknown"]);
    }
  },

  _drawDots(context, tiles, known, colours) {
    this._pictures.begin();
    for (const { item, plain } of tiles) {
      if (!item.clip && item.content.cameras.length >= PICTURED_FROM) this._putPicture(context, item, known, colours);
      else stamp(context, plain, colours);
      for (const { x, y, camera } of plain) this._drawn.push({ x, y, radius: 5, camera });
    }
  },

  /** A tile's dots without those that the case knows of, which are drawn by themselves. */
  _putPicture(context, item, known, colours) {
    const { cameras } = item.content;
    const leftOut = cameras.filter((camera) => known.has(camera.id)).map((camera) => camera.id);
    this._pictures.put(context, item, leftOut.join(), colours, (on) => {
      const { place, size } = item;
      const count = 2 ** place.z;
      stamp(on, cameras.filter((camera) => !known.has(camera.id)).map((camera) => ({
        x: (camera.world.x * count - place.x) * size, y: (camera.world.y * count - place.y) * size, camera,
      })), colours);
    });
  },

  _clicked(event) {
    const item = this._at(event.containerPoint);
    if (item?.group) this._openGroup(item.group);
    this.fire(item ? "camera" : "ground", { id: item?.camera?.id, latlng: event.latlng, onCluster: Boolean(item?.group) });
  },

  /** Look nearer, until the group falls apart; cameras at one place are told apart by no zoom. */
  _openGroup({ section }) {
    const zoom = this._map.getBoundsZoom(section.pad(0.2));
    this._map.setView(section.getCenter(), Math.min(NEAREST_ZOOM, Math.max(this._map.getZoom() + 1, Math.min(zoom, this._map.getZoom() + 4))));
  },

  _hovered(event) {
    if (event.originalEvent.buttons) return;
    const item = this._at(event.containerPoint);
    this._map.getContainer().classList.toggle("over-camera", Boolean(item));
    this.fire("hover", { camera: item?.camera ?? null, count: item?.group?.count ?? 0, latlng: event.latlng });
  },
});

/** Positions are shares of the world's width and height, so that a zoom is one multiplication. */
function decode(tile, place, found) {
  const cameras = [];
  const groups = [];
  const count = 2 ** place.z;
  const worldOf = (feature) => {
    const [[at]] = feature.loadGeometry();
    return { x: (place.x + at.x / EXTENT) / count, y: (place.y + at.y / EXTENT) / count };
  };
  for (let i = 0; i < (tile.layers.cameras?.length ?? 0); i += 1) {
    const feature = tile.layers.cameras.feature(i);
    cameras.push(cameraOf(feature.properties, worldOf(feature)));
  }
  for (let i = 0; i < (tile.layers.clusters?.length ?? 0); i += 1) {
    const feature = tile.layers.clusters.feature(i);
    const { count: members, west, south, east, north } = feature.properties;
    const world = worldOf(feature);
    if (members === 1) cameras.push(cameraOf(feature.properties, world));
    else groups.push({ count: members, world, section: L.latLngBounds([south, west], [north, east]) });
  }
  found(cameras);
  return { cameras, groups };
}

function cameraOf({ id, name, status, kind, headings, width, range }, world) {
  const latlng = L.latLng((Math.atan(Math.sinh(Math.PI * (1 - 2 * world.y))) * 180) / Math.PI, world.x * 360 - 180);
  return {
    id, name, status, kind: kind ?? "unknown", world, latlng, latitude_deg: latlng.lat, longitude_deg: latlng.lng,
    headings_deg: headings ? headings.split(",").map(Number) : [], field_of_view_deg: width ?? null, range_m: range ?? null,
  };
}

function joined(groups) {
  const kept = [];
  for (const group of groups.sort((a, b) => b.count - a.count)) {
    const near = kept.find((other) => Math.abs(other.x - group.x) < CLUSTER_DISTANCE_PX && Math.hypot(other.x - group.x, other.y - group.y) < CLUSTER_DISTANCE_PX);
    if (!near) {
      kept.push({ ...group, section: L.latLngBounds(group.section.getSouthWest(), group.section.getNorthEast()) });
      continue;
    }
    const count = near.count + group.count;
    near.x += ((group.x - near.x) * group.count) / count;
    near.y += ((group.y - near.y) * group.count) / count;
    near.count = count;
    near.section.extend(group.section);
  }
  return kept;
}

/** Thousands of equal dots are one small picture, drawn again and again. */
function stamp(context, items, colours) {
  const dots = { active: dotPicture(false, colours), inactive: dotPicture(true, colours) };
  for (const { x, y, camera } of items) {
    const { picture, side } = dots[INACTIVE.has(camera.status) ? "inactive" : "active"];
    context.drawImage(picture, x - side / 2, y - side / 2, side, side);
  }
}

let pictures = new Map();
document.addEventListener("themechange", () => { pictures = new Map(); });

function dotPicture(inactive, colours) {
  const ratio = pixelRatio();
  const key = `${inactive} ${ratio}`;
  if (!pictures.has(key)) {
    const side = 2 * DOT_PX + 4;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(side * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    shapes.drawDot(context, side / 2, side / 2, DOT_PX, { inactive, holding: "none" }, colours);
    pictures.set(key, { picture: canvas, side: canvas.width / ratio });
  }
  return pictures.get(key);
}

function isInside(x, y, bounds) {
  return x >= bounds.min.x && y >= bounds.min.y && x <= bounds.max.x && y <= bounds.max.y;
}

function boundsOf({ x, y, size }) {
  return { min: { x, y }, max: { x: x + size, y: y + size } };
}

/** Where the registry's cameras lie and how many there are; null where there are none. */
export async function registrySection() {
  const response = await fetch("/tiles/cameras/0/0/0.mvt");
  if (!response.ok) return null;
  const { clusters } = readTile(await response.arrayBuffer()).layers;
  const section = L.latLngBounds([]);
  for (let i = 0; i < (clusters?.length ?? 0); i += 1) {
    const { west, south, east, north } = clusters.feature(i).properties;
    section.extend([south, west]).extend([north, east]);
  }
  return section.isValid() ? section : null;
}
