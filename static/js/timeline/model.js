// The timeline as the page works with it: stops with times in milliseconds, the chosen route, and
// where the subject is known to be, or can be, at a moment.

const BLIND_FROM_S = 60;

export class TimelineModel {
  constructor(answer) {
    this.timezone = answer.timezone;
    this.speeds = answer.speeds;
    this.routes = answer.routes;
    this.stops = answer.stops.map((stop) => ({
      ...stop,
      atMs: Date.parse(stop.at),
      arrivedMs: Date.parse(stop.arrived_at),
      leftMs: Date.parse(stop.left_at),
    }));
    this.startMs = Math.min(...this.stops.map((stop) => stop.arrivedMs));
    this.endMs = Math.max(...this.stops.map((stop) => stop.leftMs));
    if (this.endMs - this.startMs < 1000) this.endMs = this.startMs + 1000;
    this.choose(1);
  }

  get spanMs() {
    return this.endMs - this.startMs;
  }

  stop(number) {
    return this.stops[number - 1];
  }

  choose(ordinal) {
    this.route = this.routes[ordinal - 1];
    this.routeStops = this.route.numbers.map((number) => this.stop(number));
    this.leftOut = this.route.left_out.map((number) => this.stop(number));
  }

  /** Legs of the chosen route in which nobody saw the subject, and which can be. */
  get gaps() {
    return this.route.legs.filter((leg) => leg.possible && leg.seconds >= BLIND_FROM_S);
  }

  /** `{ stop }` while the subject is in view, `{ from, to, leg }` on the way between two stops. */
  at(momentMs) {
    const { routeStops } = this;
    let before = null;
    for (const [index, stop] of routeStops.entries()) {
      if (momentMs >= stop.arrivedMs && momentMs <= stop.leftMs) return { stop };
      if (stop.leftMs < momentMs) before = index;
      else break;
    }
    if (before === null) return { stop: null };
    if (before === routeStops.length - 1) return { stop: routeStops[before] };
    return { from: routeStops[before], to: routeStops[before + 1], leg: this.route.legs[before] };
  }

  /** The slowest of the assumed speeds with which a leg can be done; null where none is. */
  speedFor(leg) {
    const { walking_m_per_s: walking, vehicle_m_per_s: vehicle, fastest_m_per_s: fastest } = this.speeds;
    const least = leg.least_speed_m_per_s;
    if (!leg.possible || least === null) return null;
    if (least <= walking) return { speed: walking, words: "on foot" };
    if (least <= vehicle) return { speed: vehicle, words: "by vehicle" };
    return { speed: fastest, words: "by a fast vehicle" };
  }

  nextStop(momentMs) {
    return this.routeStops.find((stop) => stop.atMs > momentMs + 1) ?? this.routeStops.at(-1);
  }

  previousStop(momentMs) {
    return this.routeStops.findLast((stop) => stop.atMs < momentMs - 1) ?? this.routeStops[0];
  }
}
