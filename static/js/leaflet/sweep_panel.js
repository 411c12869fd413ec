// Sweeps of the case: progress, time left, failures in words, stop and resume.

import * as api from "./api.js";
import { badge, byId, button, el, icon } from "./dom.js";
import { showEntries, whenReleased } from "./entries.js";
import { duration } from "./times.js";
import { attempt, toast } from "./toasts.js";

const ofSweep = (entry) => entry.dataset.sweep;
const ENDED = ["done", "failed", "stopped"];

export class SweepPanel {
  constructor(state) {
    this._state = state;
    this._strip = byId("sweep-strip");
    this._list = byId("sweep-list");
    // Both lists show the same sweeps: neither changes while a press is on one of them.
    const render = (draw) => whenReleased(this._list, () => whenReleased(this._strip, draw));
    state.on("sweeps", () => render(() => this._draw()));
    state.on("visits", () => render(() => this._drawFailures()));
  }

  _draw() {
    const sweeps = [...this._state.sweeps.values()].sort((a, b) => b.ordinal - a.ordinal);
    showEntries(this._list, sweeps.map((sweep) => this._card(sweep)), ofSweep);
    byId("sweep-empty").hidden = sweeps.length > 0;
    byId("sweep-count").textContent = String(sweeps.length);
    const inHand = sweeps.filter((sweep) => sweep.state === "running");
    const shown = inHand.length ? inHand : sweeps.slice(0, 1);
    showEntries(this._strip, shown.map((sweep) => this._line(sweep)), ofSweep);
    this._strip.hidden = shown.length === 0;
    this._drawFailures();
  }

  _line(sweep) {
    return el("div", { class: "sweep-line", "data-sweep": sweep.id },
      el("a", { class: "sweep-name", href: `/sweeps/${sweep.id}` }, icon("sweep"), `Sweep ${sweep.ordinal}`),
      badge(sweep.state), progressBar(sweep), el("span", { class: "small nowrap" }, summary(sweep)),
      el("span", { class: "small soft nowrap" }, remaining(sweep)), this._controls(sweep));
  }

  _card(sweep) {
    const { clock } = this._state;
    return el("li", { class: "sweep-card", "data-sweep": sweep.id },
      el("div", { class: "card-head" }, el("a", { href: `/sweeps/${sweep.id}` }, el("strong", {}, `Sweep ${sweep.ordinal}`)), badge(sweep.state)),
      sweep.follows_plan && el("p", { class: "tiny soft" }, "Follows the plan by probability."),
      sweep.outcome && el("p", { class: "small" }, sweep.outcome),
      el("p", { class: "tiny soft" }, `Window ${clock.dayTime(sweep.window_start)} to ${clock.dayTime(sweep.window_end)}`),
      !hasNothing(sweep) && progressBar(sweep), el("p", { class: "small" }, summary(sweep)),
      ...(sweep.why_nothing ?? []).map((reason) => el("p", { class: "tiny soft" }, reason)),
      !hasNothing(sweep) && el("p", { class: "tiny soft" }, `${duration(sweep.seconds_looked_at)} of ${duration(sweep.seconds_held)} of footage looked at, ${sweep.faces_found} faces. ${remaining(sweep)}`),
      el("ul", { class: "failures" }), this._controls(sweep));
  }

  _drawFailures() {
    const failed = [...this._state.visits.values()].filter((visit) => visit.state === "failed");
    for (const card of this._list.children) {
      const mine = failed.filter((visit) => visit.sweep_id === Number(card.dataset.sweep));
      showEntries(card.querySelector(".failures"), mine.map((visit) => this._failure(visit)), (entry) => entry.dataset.visit);
    }
  }

  _failure(visit) {
    return el("li", { class: "small", "data-visit": visit.id }, icon("warning"),
      el("span", {}, el("strong", {}, this._state.nameOf(visit.camera_id)), `: ${visit.outcome || "no reason was given"}`),
      this._state.settings.can.sweep && button("Retry", "retry", () => attempt(() => api.post(`/api/visits/${visit.id}/retry`)), "quiet"));
  }

  _controls(sweep) {
    if (!this._state.settings.can.sweep) return null;
    const act = (verb) => attempt(async () => {
      const report = await api.post(`/api/sweeps/${sweep.id}/${verb}`);
      if (report?.note) toast(report.note);
      await this._state.loadSweeps();
    });
    const controls = [];
    if (sweep.state === "planned" && hasNothing(sweep)) controls.push(button("Check for footage", "retry", () => act("start")));
    else if (sweep.state === "planned") controls.push(button("Start", "play", () => act("start"), "primary"));
    if (sweep.state === "running") controls.push(button("Stop", "stop", () => act("stop")));
    if (sweep.state === "stopped") controls.push(button("Resume", "play", () => act("resume")));
    return el("span", { class: "button-row" }, ...controls);
  }
}

export function progressBar(sweep) {
  const ended = ENDED.reduce((sum, name) => sum + sweep[name], 0);
  const toDo = sweep.visits - sweep.skipped;
  const share = sweep.seconds_held > 0 ? sweep.seconds_looked_at / sweep.seconds_held : 0;
  // Visits say when it is over; seconds move the bar in between.
  const value = sweep.state === "finished" ? 1 : Math.min(0.99, Math.max(share, toDo ? ended / toDo : 0));
  return el("progress", { class: `progress ${sweep.state}`, max: 1, value, "aria-label": `Sweep ${sweep.ordinal}: ${ended} of ${toDo} visits over` });
}

/** All visits were skipped: no worker takes the sweep up as it is. */
function hasNothing(sweep) {
  return sweep.visits > 0 && sweep.visits === sweep.skipped;
}

export function summary(sweep) {
  if (hasNothing(sweep)) return `nothing to look at, ${sweep.skipped} skipped`;
  const parts = [`${sweep.done} of ${sweep.visits - sweep.skipped} visits done`];
  if (sweep.running) parts.push(`${sweep.running} running`);
  if (sweep.failed) parts.push(`${sweep.failed} could not look`);
  if (sweep.skipped) parts.push(`${sweep.skipped} skipped`);
  if (sweep.sightings_found) parts.push(`${sweep.sightings_found} sighting${sweep.sightings_found > 1 ? "s" : ""}`);
  return parts.join(", ");
}

function remaining(sweep) {
  if (sweep.state !== "running") return "";
  return sweep.seconds_remaining === null ? "time left not known yet" : `about ${duration(sweep.seconds_remaining)} left`;
}
