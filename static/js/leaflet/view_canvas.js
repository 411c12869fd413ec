// A Leaflet layer that is one canvas over the view, redrawn when the view has moved.
// It rides on L.Renderer, so it pans and zooms with the map between two drawings.

const L = window.L;
const ARRIVALS_MS = 150;
const HOLDS_MS = 30_000;

export const ViewCanvas = L.Renderer.extend({
  /** `ofView`: what is drawn depends on where exactly the view's edges are. */
  options: { padding: 0.35, pane: "overlayPane", ofView: false },

  /** To be given by the layer: draw into `context`, whose unit is a CSS pixel of the map's layer. */
  draw(_context, _bounds) {},

  redraw() {
    if (this._map && this._bounds) this._paint();
    return this;
  },

  /** Redraw once in the next frame, however often it is asked for until then. */
  redrawSoon() {
    if (this._frame) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = null;
      this.redraw();
    });
  },

  /**
   * Something to draw has arrived. More will: they are drawn together, so that a map that is dragged
   * is not drawn anew for each.
   */
  redrawOnArrival() {
    const wait = ARRIVALS_MS - (performance.now() - (this._paintedAt ?? -Infinity));
    if (wait <= 0) this.redrawSoon();
    else this._arrival ??= setTimeout(() => this.redrawSoon(), wait);
  },

  getEvents() {
    return { ...L.Renderer.prototype.getEvents.call(this), move: this._moved, moveend: this._moveEnded };
  },

  /** A long drag leaves what was drawn: draw anew before its edge comes into the view. */
  _moved() {
    if (!this._bounds || this._map._animatingZoom || this._following) return;
    if (!this._covers(this.options.padding / 4)) this._following = requestAnimationFrame((now) => this._follow(now));
  },

  /** One canvas a frame: all of them in the same one would make the map stop for a moment. */
  _follow(now) {
    this._following = null;
    if (!this._map) return;
    if (this._map.canvasFollowedAt === now) {
      this._following = requestAnimationFrame((next) => this._follow(next));
      return;
    }
    this._map.canvasFollowedAt = now;
    this._update();
  },

  /** What was drawn moves with the map; it is drawn anew where it no longer holds. */
  _moveEnded() {
    const size = this._map.getSize();
    const holds = !this.options.ofView && this._bounds && this._zoom === this._map.getZoom() && size.equals(this._viewSize)
      && performance.now() - this._paintedAt < HOLDS_MS && this._covers(this.options.padding / 2);
    if (!holds) this._update();
  },

  /** Whether the view and `margin`, a share of its size, around it lie in what was drawn. */
  _covers(margin) {
    const size = this._map.getSize();
    const min = this._map.containerPointToLayerPoint(size.multiplyBy(-margin));
    return this._bounds.contains(L.bounds(min, min.add(size.multiplyBy(1 + 2 * margin))));
  },

  _initContainer() {
    this._container = L.DomUtil.create("canvas", "view-canvas");
    this._context = this._container.getContext("2d");
    this._drawnSize = "";
    this._onTheme = () => this.redraw();
    document.addEventListener("themechange", this._onTheme);
  },

  _destroyContainer() {
    document.removeEventListener("themechange", this._onTheme);
    cancelAnimationFrame(this._frame);
    cancelAnimationFrame(this._following);
    clearTimeout(this._arrival);
    this._frame = this._following = this._arrival = null;
    L.DomUtil.remove(this._container);
    delete this._container;
    delete this._context;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    this._viewSize = this._map.getSize();
    const size = this._bounds.getSize();
    const ratio = pixelRatio();
    L.DomUtil.setPosition(this._container, this._bounds.min);
    if (this._drawnSize !== `${size.x} ${size.y} ${ratio}`) { // to set it is to allocate it anew
      this._drawnSize = `${size.x} ${size.y} ${ratio}`;
      this._container.width = size.x * ratio;
      this._container.height = size.y * ratio;
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
    }
    this._paint();
  },

  _paint() {
    clearTimeout(this._arrival);
    this._arrival = null;
    const ratio = pixelRatio();
    const { min } = this._bounds;
    const context = this._context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this._container.width, this._container.height);
    context.setTransform(ratio, 0, 0, ratio, -min.x * ratio, -min.y * ratio);
    this.draw(context, this._bounds);
    this._paintedAt = performance.now();
  },
});

/** Pixels of the screen for one of the page; a wall's page may be drawn at twice its size. */
export function pixelRatio() {
  return (window.devicePixelRatio || 1) * (document.body.currentCSSZoom ?? 1);
}

/** How many metres one pixel is at this latitude and zoom (Web Mercator). */
export function metresPerPixel(map, latitudeDeg) {
  const equatorM = 40_075_016.686;
  return (equatorM * Math.cos((latitudeDeg * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
}
