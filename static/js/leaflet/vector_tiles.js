// Vector tiles of the product's own server: which ones a view needs, fetching them, and what to draw
// in their place until they are there. A tile is 512 pixels wide one zoom above its own.

import { PbfReader } from "../../vendor/vector-tile/pbf/index.js";
import { VectorTile } from "../../vendor/vector-tile/vector-tile/index.js";

const AT_ONCE = 4;
const RETRY_MS = 5000;
const FARTHEST_ANCESTOR = 4;
const MOST_IN_VIEW = 120;
export const EXTENT = 4096;

export function readTile(data) {
  return new VectorTile(new PbfReader(data));
}

export class VectorTiles {
  /**
   * `address(z, x, y)` is where a tile is; `decode(tile, place)` makes of it what is drawn;
   * `changed()` is called when more can be drawn. `lifetimeMs` is how long a tile is shown before
   * the server is asked again.
   */
  constructor({ address, decode, changed, shallowest = 0, deepest = 16, kept = 300, lifetimeMs = Infinity }) {
    Object.assign(this, { _address: address, _decode: decode, _changed: changed, _shallowest: shallowest, _deepest: deepest, _kept: kept, _lifetimeMs: lifetimeMs });
    this._tiles = new Map(); // key → { content, at, failedAt, loading }, the least used first
    this._queue = [];
    this._loading = 0;
  }

  /** Forget everything, for example because the address has changed. */
  clear() {
    this._tiles.clear();
    this._queue = [];
  }

  /** Whether everything that the last view needed is here. */
  get complete() {
    return this._loading === 0 && this._queue.length === 0;
  }

  /**
   * What to draw in `bounds` (layer pixels): items { content, x, y, size, clip }, where x and y are
   * the tile's corner and size its width in layer pixels; `clip` is set for a substitute, which is
   * to be drawn inside that rectangle only. Tiles that are missing are fetched.
   */
  cover(map, bounds) {
    const grid = gridOf(map, bounds, this._shallowest, this._deepest);
    const shown = [];
    this._queue = [];
    for (const place of grid.places) {
      const tile = this._tiles.get(keyOf(place));
      if (!tile || this._isStale(tile)) this._queue.push(place);
      if (tile?.content !== undefined) shown.push(grid.item(place, tile.content));
      else shown.push(...this._substitutes(place, grid));
      if (tile) this._touch(place, tile);
    }
    this._pump();
    return shown;
  }

  _isStale(tile) {
    if (tile.loading) return false;
    if (tile.failedAt) return performance.now() - tile.failedAt > RETRY_MS;
    return performance.now() - tile.at > this._lifetimeMs;
  }

  /** A coarser tile that holds this one, else the finer ones inside it. */
  _substitutes(place, grid) {
    for (let up = 1; up <= FARTHEST_ANCESTOR && place.z - up >= 0; up += 1) {
      const ancestor = { z: place.z - up, column: place.column >> up, y: place.y >> up };
      ancestor.x = place.x >> up;
      const content = this._tiles.get(keyOf(ancestor))?.content;
      if (content !== undefined) return [{ ...grid.item(ancestor, content), clip: grid.rectangle(place) }];
    }
    const finer = [0, 1, 2, 3].map((quarter) => ({
      z: place.z + 1, column: 2 * place.column + (quarter & 1), x: 2 * place.x + (quarter & 1), y: 2 * place.y + (quarter >> 1),
    }));
    return finer.flatMap((child) => {
      const content = this._tiles.get(keyOf(child))?.content;
      return content === undefined ? [] : [{ ...grid.item(child, content), clip: grid.rectangle(child) }];
    });
  }

  _pump() {
    while (this._loading < AT_ONCE && this._queue.length) this._fetch(this._queue.shift());
  }

  async _fetch(place) {
    const key = keyOf(place);
    const tile = this._tiles.get(key) ?? {};
    tile.loading = true;
    this._tiles.set(key, tile);
    this._loading += 1;
    try {
      tile.content = await this._read(place);
      tile.at = performance.now();
      tile.failedAt = 0;
    } catch (problem) {
      // A map without one tile is still a map; it is asked for again while it is in view.
      if (!(problem instanceof TypeError || problem instanceof TileProblem)) throw problem;
      tile.failedAt = performance.now();
      setTimeout(() => this._changed(), RETRY_MS + 50);
    } finally {
      tile.loading = false;
      this._loading -= 1;
      this._forget();
      this._pump();
    }
    this._changed();
  }

  async _read(place) {
    const response = await fetch(this._address(place.z, place.x, place.y), { headers: { Accept: "application/vnd.mapbox-vector-tile, application/json" } });
    if (!response.ok) throw new TileProblem(`tile ${keyOf(place)}: status ${response.status}`);
    return this._decode(readTile(await response.arrayBuffer()), place);
  }

  _touch(place, tile) {
    const key = keyOf(place);
    this._tiles.delete(key);
    this._tiles.set(key, tile);
  }

  _forget() {
    for (const [key, tile] of this._tiles) {
      if (this._tiles.size <= this._kept) return;
      if (!tile.loading) this._tiles.delete(key);
    }
  }
}

class TileProblem extends Error {}

function keyOf({ z, x, y }) {
  return `${z}/${x}/${y}`;
}

/** The tiles of a view, nearest to its middle first, and where they lie on the layer. */
function gridOf(map, bounds, shallowest, deepest) {
  const zoom = map.getZoom();
  const z = Math.max(shallowest, Math.min(deepest, Math.floor(zoom + 0.01) - 1));
  const origin = map.getPixelOrigin();
  const sizeAt = (level) => 256 * 2 ** (zoom - level);
  const size = sizeAt(z);
  const count = 2 ** z;
  const first = { x: Math.floor((bounds.min.x + origin.x) / size), y: Math.floor((bounds.min.y + origin.y) / size) };
  const last = { x: Math.floor((bounds.max.x + origin.x) / size), y: Math.floor((bounds.max.y + origin.y) / size) };
  const places = [];
  for (let y = Math.max(0, first.y); y <= Math.min(count - 1, last.y); y += 1) {
    for (let column = first.x; column <= last.x; column += 1) {
      places.push({ z, column, x: ((column % count) + count) % count, y });
    }
  }
  const middle = { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2 };
  places.sort((a, b) => Math.hypot(a.column - middle.x, a.y - middle.y) - Math.hypot(b.column - middle.x, b.y - middle.y));
  const rectangle = (place) => {
    const side = sizeAt(place.z);
    return { x: place.column * side - origin.x, y: place.y * side - origin.y, size: side };
  };
  const item = (place, content) => ({ content, place, ...rectangle(place), clip: null });
  return { places: places.slice(0, MOST_IN_VIEW), rectangle, item };
}
