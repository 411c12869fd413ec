// One slider that moves everything: reach, belief, footage and sightings. Closed means: all times.

import { byId } from "./dom.js";

const MINUTE_MS = 60_000;
const TICK_MS = 100;
const TICKS_FOR_ALL = 240;

export class TimeBar {
  constructor(state) {
    this._state = state;
    this._bar = byId("time-bar");
    this._slider = byId("time-slider");
    this._start = 0;
    byId("toggle-time").addEventListener("click", () => this.toggle());
    byId("time-all").addEventListener("click", () => this.close());
    byId("time-play").addEventListener("click", () => this.play());
    this._slider.addEventListener("input", () => { this._stop(); this._tell(); });
    state.on("moment", () => this._show());
    state.on("ranking locations sightings belief", () => this._setRange());
  }

  get isOpen() {
    return this._state.moment !== null;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this._state.setMoment(this._beginning());
  }

  close() {
    this._stop();
    this._state.setMoment(null);
    if (this._bar.contains(document.activeElement)) byId("toggle-time").focus();
  }

  /** Play from here, from the start if it stands at the end; or pause. */
  play() {
    if (this._timer) {
      this._stop();
      return;
    }
    if (!this.isOpen) this._state.setMoment(this._beginning());
    const { max } = this._slider;
    if (Number(this._slider.value) >= Number(max)) this._slider.value = "0";
    const step = Math.max(1, Math.round(Number(max) / TICKS_FOR_ALL));
    this._timer = setInterval(() => {
      this._slider.value = String(Number(this._slider.value) + step);
      this._tell();
      if (Number(this._slider.value) >= Number(max)) this._stop();
    }, TICK_MS);
    this._showPlaying();
  }

  /** Some minutes later, or earlier. */
  step(minutes) {
    if (!this.isOpen) this._state.setMoment(this._beginning());
    this._stop();
    this._slider.value = String(Number(this._slider.value) + minutes);
    this._tell();
  }

  /** Where it opens: when the subject was last seen, else where the window begins. */
  _beginning() {
    this._setRange();
    const { latestLocation, rankingQuery } = this._state;
    return latestLocation?.seen_at ?? rankingQuery.window_start ?? new Date(this._start).toISOString();
  }

  _setRange() {
    const { locations, sightings, rankingQuery, beliefTimes } = this._state;
    const times = [
      ...locations.map((place) => place.seen_at), ...[...sightings.values()].map((one) => one.seen_at),
      rankingQuery.window_start, rankingQuery.window_end, beliefTimes[0], beliefTimes.at(-1), this._state.moment,
    ].filter(Boolean).map((time) => new Date(time).getTime());
    if (!times.length) return;
    this._start = Math.floor(Math.min(...times) / MINUTE_MS) * MINUTE_MS;
    this._slider.max = String(Math.max(1, Math.ceil((Math.max(...times) - this._start) / MINUTE_MS)));
    if (this.isOpen) this._place();
  }

  _place() {
    const minutes = (new Date(this._state.moment).getTime() - this._start) / MINUTE_MS;
    this._slider.value = String(Math.round(minutes));
    const words = this._state.clock.dayTime(this._state.moment).replace(/:\d\d$/, "");
    byId("time-at").textContent = words;
    this._slider.setAttribute("aria-valuetext", words);
  }

  _tell() {
    this._state.setMoment(new Date(this._start + Number(this._slider.value) * MINUTE_MS).toISOString());
  }

  _show() {
    this._bar.hidden = !this.isOpen;
    byId("toggle-time").setAttribute("aria-pressed", String(this.isOpen));
    if (this.isOpen) this._setRange();
    else this._stop();
  }

  _stop() {
    clearInterval(this._timer);
    this._timer = null;
    this._showPlaying();
  }

  _showPlaying() {
    const button = byId("time-play");
    const playing = Boolean(this._timer);
    button.setAttribute("aria-label", playing ? "Pause (P)" : "Play (P)");
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, playing ? "#pause" : "#play"));
  }
}

/** Whether footage of this camera is at hand at that moment; null where it is not known. */
export function coversMoment(held, moment) {
  if (!held || !moment) return null;
  const at = new Date(moment).getTime();
  return held.some(([from, until]) => new Date(from).getTime() <= at && at < new Date(until).getTime());
}
