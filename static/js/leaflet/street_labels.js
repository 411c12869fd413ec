// Names of streets along their lines, names of stations and places beside their signs. A name is
// written only where it finds room: on a stretch that is nearly straight, and over no other name.

const STREETS_FROM_ZOOM = 16;
const PLACES_FROM_ZOOM = 13;
const FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";
const RANK = { motorway: 0, trunk: 1, primary: 2, secondary: 3, tertiary: 4, rail: 5, minor: 6, service: 7, path: 8 };
const PLACE_RANK = { city: 0, town: 1, station: 2, suburb: 3, hospital: 4, police: 5, place: 6 };
const STRAIGHT_RAD = 0.35; // a name bends no more than this from its own line
const SAME_NAME_PX = 260;
const SHORTEST_PX = 24;
const SIGN_PX = 5;
const SIGNED = new Set(["station", "hospital", "police", "place"]);

export class StreetLabels {
  constructor() {
    this._widths = new Map();
  }

  /** Draw all names that fit and return them. */
  draw(context, bounds, items, zoom, colours) {
    const taken = [];
    const names = [];
    if (zoom >= PLACES_FROM_ZOOM - 8) names.push(...this._drawPlaces(context, bounds, items, zoom, colours, taken));
    if (zoom >= STREETS_FROM_ZOOM) names.push(...this._drawStreets(context, items, zoom, colours, taken));
    return names;
  }

  _drawPlaces(context, bounds, items, zoom, colours, taken) {
    const places = items.flatMap((item) => item.content.places.map((place) => ({ ...place, ...toPixels(item, place.at) })));
    places.sort((a, b) => PLACE_RANK[a.kind] - PLACE_RANK[b.kind]);
    const names = [];
    for (const place of places) {
      const isArea = !SIGNED.has(place.kind);
      const font = `${isArea ? "600 13px" : "600 11.5px"} ${FAMILY}`;
      const width = this._width(context, font, place.label);
      const left = isArea ? place.x - width / 2 : place.x + SIGN_PX + 4;
      const box = { x1: left - 2, y1: place.y - 8, x2: left + width + 2, y2: place.y + 8 };
      if (!isArea) drawSign(context, place, colours);
      if (collides(taken, [box])) continue;
      taken.push(box);
      write(context, place.label, left, place.y, font, colours["street-place"], colours.ground);
      names.push(place.label);
    }
    return names;
  }

  _drawStreets(context, items, zoom, colours, taken) {
    const size = Math.min(13, 10.5 + (zoom - STREETS_FROM_ZOOM) * 0.8);
    const font = `500 ${size}px ${FAMILY}`;
    const written = new Map();
    const names = [];
    for (const line of byImportance(items)) {
      const width = this._width(context, font, line.label) + 8;
      const spot = straightStretch(line.points, width);
      if (!spot || nearOf(written, line.label, spot)) continue;
      const boxes = boxesAlong(spot, width, size);
      if (collides(taken, boxes)) continue;
      taken.push(...boxes);
      written.set(line.label, [...(written.get(line.label) ?? []), spot]);
      context.save();
      context.translate(spot.x, spot.y);
      context.rotate(spot.angle);
      write(context, line.label, 4 - width / 2, 0, font, colours["street-ink"], colours.street);
      context.restore();
      names.push(line.label);
    }
    return names;
  }

  _width(context, font, text) {
    const key = `${font}|${text}`;
    if (!this._widths.has(key)) {
      context.font = font;
      if (this._widths.size > 5000) this._widths.clear();
      this._widths.set(key, context.measureText(text).width);
    }
    return this._widths.get(key);
  }
}

function toPixels(item, { x, y }) {
  const scale = item.size / 4096;
  return { x: item.x + x * scale, y: item.y + y * scale };
}

/** Lines in pixels, those of wide streets first, long ones before short ones. */
function byImportance(items) {
  const lines = [];
  for (const item of items) {
    for (const { label, class: name, points } of item.content.lines) {
      const pixels = points.map((point) => toPixels(item, point));
      const length = lengthOf(pixels);
      if (length >= SHORTEST_PX) lines.push({ label, points: pixels, length, rank: RANK[name] ?? 9 });
    }
  }
  return lines.sort((a, b) => a.rank - b.rank || b.length - a.length || (a.label < b.label ? -1 : 1));
}

function lengthOf(points) {
  let length = 0;
  for (let i = 1; i < points.length; i += 1) length += Math.hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y);
  return length;
}

/** The longest stretch without a bend, if it has room for the name: its middle and direction. */
function straightStretch(points, width) {
  let best = null;
  let start = 0;
  for (let end = 1; end < points.length; end += 1) {
    while (start < end - 1 && !isStraight(points, start, end)) start += 1;
    const chord = Math.hypot(points[end].x - points[start].x, points[end].y - points[start].y);
    if (chord >= width && chord > (best?.chord ?? 0)) best = { start: points[start], end: points[end], chord };
  }
  if (!best) return null;
  let angle = Math.atan2(best.end.y - best.start.y, best.end.x - best.start.x);
  if (angle > Math.PI / 2 || angle <= -Math.PI / 2) angle += Math.PI; // never upside down
  return { x: (best.start.x + best.end.x) / 2, y: (best.start.y + best.end.y) / 2, angle };
}

function isStraight(points, start, end) {
  const whole = Math.atan2(points[end].y - points[start].y, points[end].x - points[start].x);
  for (let i = start + 1; i <= end; i += 1) {
    const part = Math.atan2(points[i].y - points[i - 1].y, points[i].x - points[i - 1].x);
    const turn = Math.abs(((part - whole + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);
    if (turn > STRAIGHT_RAD) return false;
  }
  return true;
}

function nearOf(written, label, spot) {
  return (written.get(label) ?? []).some((other) => Math.hypot(other.x - spot.x, other.y - spot.y) < SAME_NAME_PX);
}

/** Upright boxes along a slanted name: closer to its shape than one box around all of it. */
function boxesAlong({ x, y, angle }, width, size) {
  const count = Math.max(1, Math.ceil(width / (size * 1.6)));
  const half = size * 0.8;
  return Array.from({ length: count }, (_, index) => {
    const along = ((index + 0.5) / count - 0.5) * width;
    const middle = { x: x + along * Math.cos(angle), y: y + along * Math.sin(angle) };
    return { x1: middle.x - half, y1: middle.y - half, x2: middle.x + half, y2: middle.y + half };
  });
}

function collides(taken, boxes) {
  return boxes.some((a) => taken.some((b) => a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2));
}

function drawSign(context, { x, y, kind }, colours) {
  context.fillStyle = colours.ground;
  context.strokeStyle = colours[kind === "station" ? "street-rail" : "street-place"];
  context.lineWidth = 2;
  context.beginPath();
  if (kind === "station") context.rect(x - SIGN_PX + 1, y - SIGN_PX + 1, 2 * SIGN_PX - 2, 2 * SIGN_PX - 2);
  else context.arc(x, y, SIGN_PX - 2, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

function write(context, text, x, y, font, ink, halo) {
  context.font = font;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = halo;
  context.strokeText(text, x, y + 0.5);
  context.fillStyle = ink;
  context.fillText(text, x, y + 0.5);
}
