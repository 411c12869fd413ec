// The time axis: a lane with the chosen route's stops and the gaps between them, one with the stops
// that it leaves out, and the moment that is showing. Drawn as SVG in CSS pixels.

import { byId } from "../leaflet/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 92;
const ROUTE_Y = 34;
const LEFT_OUT_Y = 62;
const SIDE = 14;
const WANTED_TICK_PX = 110;
const LEAST_APART_PX = 17;
const MINUTE_MS = 60_000;
const TICKS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200].map((m) => m * MINUTE_MS);

export class TimeAxis {
  /** `onStop(number)` when a stop is clicked, `onMoment(ms)` when the axis is. */
  constructor(model, clock, { onStop, onMoment }) {
    this._model = model;
    this._clock = clock;
    this._onStop = onStop;
    this._svg = byId("axis");
    this._svg.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".axis-stop")) return;
      const box = this._svg.getBoundingClientRect();
      onMoment(this._momentOf(event.clientX - box.left));
    });
    new ResizeObserver(() => this.draw()).observe(this._svg);
  }

  draw() {
    this._width = this._svg.clientWidth;
    if (!this._width) return;
    this._svg.setAttribute("viewBox", `0 0 ${this._width} ${HEIGHT}`);
    this._cursor = make("line", { class: "axis-cursor", y1: 4, y2: HEIGHT - 18 });
    this._svg.replaceChildren(
      ...this._ticks(),
      ...this._gaps(),
      ...this._stays(),
      ...this._stops(this._model.routeStops, ROUTE_Y, ""),
      ...this._stops(this._model.leftOut, LEFT_OUT_Y, "left-out"),
      this._cursor,
    );
    if (this._momentMs !== undefined) this.show(this._momentMs);
  }

  show(momentMs) {
    this._momentMs = momentMs;
    if (!this._cursor) return;
    const x = this._x(momentMs);
    this._cursor.setAttribute("x1", x);
    this._cursor.setAttribute("x2", x);
    for (const mark of this._svg.querySelectorAll(".axis-stop")) {
      mark.classList.toggle("passed", Number(mark.dataset.at) <= momentMs);
    }
  }

  _x(momentMs) {
    const share = (momentMs - this._model.startMs) / this._model.spanMs;
    return SIDE + share * (this._width - 2 * SIDE);
  }

  _momentOf(x) {
    return this._model.startMs + ((x - SIDE) / (this._width - 2 * SIDE)) * this._model.spanMs;
  }

  _ticks() {
    const perPx = this._model.spanMs / this._width;
    const step = TICKS_MS.find((one) => one / perPx >= WANTED_TICK_PX) ?? TICKS_MS.at(-1);
    const marks = [];
    // Whole hours of the case's own clock, whose zone may be off by half an hour.
    const shift = this._clock.offsetMs(this._model.startMs);
    let day = "";
    for (let at = Math.ceil((this._model.startMs + shift) / step) * step - shift; at <= this._model.endMs; at += step) {
      const x = this._x(at);
      marks.push(make("line", { class: "axis-tick", x1: x, x2: x, y1: 4, y2: HEIGHT - 18 }));
      const [date, time] = this._clock.dayTime(at).split(", ");
      const text = make("text", { class: "axis-label", x: Math.min(x, this._width - 34), y: HEIGHT - 5 });
      text.textContent = date === day ? time.slice(0, 5) : `${date} ${time.slice(0, 5)}`;
      day = date;
      marks.push(text);
    }
    return marks;
  }

  _gaps() {
    return this._model.route.legs.map((leg) => {
      const from = this._x(this._model.stop(leg.from_number).leftMs);
      const to = this._x(this._model.stop(leg.to_number).arrivedMs);
      const kind = leg.possible ? "axis-leg" : "axis-leg impossible";
      const line = make("line", { class: kind, x1: from, x2: Math.max(from, to), y1: ROUTE_Y, y2: ROUTE_Y });
      line.append(title(`${leg.from_number} to ${leg.to_number}: ${leg.remark}`));
      return line;
    });
  }

  _stays() {
    return this._model.route.stays.map((stay) => {
      const from = this._x(Date.parse(stay.first_at));
      const width = Math.max(4, this._x(Date.parse(stay.last_at)) - from);
      const bar = make("rect", { class: "axis-stay", x: from, width, y: ROUTE_Y - 6, height: 12, rx: 5 });
      bar.append(title(`At ${stay.label}`));
      return bar;
    });
  }

  /** Stops too near to each other to tell apart are drawn without their numbers. */
  _stops(stops, y, kind) {
    let free = -Infinity;
    return stops.map((stop) => {
      const x = this._x(stop.atMs);
      const isNumbered = x >= free;
      if (isNumbered) free = x + LEAST_APART_PX;
      const mark = make("g", {
        class: `axis-stop ${stop.sighting ? "sighting" : ""} ${kind} ${isNumbered ? "" : "small"}`, "data-at": stop.atMs,
      });
      mark.append(make("circle", { cx: x, cy: y, r: isNumbered ? 9 : 4 }));
      if (isNumbered) {
        const text = make("text", { x, y: y + 3.5 });
        text.textContent = stop.number;
        mark.append(text);
      }
      mark.append(title(`${stop.number} · ${this._clock.dayTime(stop.at)} · ${stop.label}${kind ? " (not in this route)" : ""}`));
      mark.addEventListener("click", () => this._onStop(stop.number));
      return mark;
    });
  }
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function title(text) {
  const element = make("title", {});
  element.textContent = text;
  return element;
}
