// How far the subject can have come by the moment that is looked at: on foot, and by vehicle.
// Straight lines on open ground, so an outer bound: streets only make the way longer.

import { metres } from "./times.js";

const L = window.L;
const FARTHEST_M = 60_000;
// Nobody walks farther in a day, so a larger number would only pretend to say something.
const A_DAYS_WALK_M = 40_000;

export class ReachLayer {
  constructor(map) {
    this._shapes = L.layerGroup().addTo(map);
  }

  hide() {
    this._shapes.clearLayers();
  }

  /** From the latest place before `moment`; returns what it means in words. */
  show(locations, moment, speeds) {
    this.hide();
    const from = placeAt(locations, moment);
    if (!from) return "";
    const elapsed = (new Date(moment) - new Date(from.seen_at)) / 1000;
    const reach = (speed) => from.uncertainty_m + elapsed * speed;
    const onFoot = reach(speeds.walking_m_per_s);
    this._circle(from, onFoot, "reach on-foot");
    this._circle(from, reach(speeds.vehicle_m_per_s), "reach by-vehicle");
    if (onFoot > A_DAYS_WALK_M) return `too long after ${from.label} for a bound on foot`;
    return `on foot up to ${metres(onFoot)} from ${from.label}`;
  }

  _circle(from, radius, className) {
    if (radius > FARTHEST_M) return;
    L.circle([from.latitude_deg, from.longitude_deg], { radius, pane: "rings", interactive: false, className }).addTo(this._shapes);
  }
}

/** The last place at which the subject was seen by then; null where none has a time before it. */
export function placeAt(locations, moment) {
  const before = locations.filter((place) => place.seen_at && new Date(place.seen_at) <= new Date(moment));
  return before.reduce((latest, place) => (!latest || place.seen_at > latest.seen_at ? place : latest), null);
}
