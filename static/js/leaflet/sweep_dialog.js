// Planning a sweep: which cameras, which time window, and whether to start at once.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { metres } from "./times.js";
import { toast } from "./toasts.js";

export class SweepDialog {
  constructor(state) {
    this._state = state;
    this._dialog = byId("sweep-dialog");
    if (!this._dialog) return;
    this._form = this._dialog.querySelector("form");
    this._form.elements.follows_plan.addEventListener("change", () => this._showWays());
    byId("plan-sweep")?.addEventListener("click", () => this.open());
    state.on("shape", () => { if (state.shape) this.open(); });
    this._dialog.addEventListener("close", () => this._dropShape());
    for (const close of this._dialog.querySelectorAll("[data-close]")) close.addEventListener("click", () => this._dialog.close());
    this._form.addEventListener("submit", (event) => { event.preventDefault(); this._plan(); });
  }

  open() {
    const { checked, ranking, rankingQuery, clock } = this._state;
    const { elements } = this._form;
    elements.window_start.value = clock.toControl(rankingQuery.window_start);
    elements.window_end.value = clock.toControl(rankingQuery.window_end);
    elements.limit.value = Math.max(1, ranking.items.length);
    elements.follows_plan.checked = ranking.order === "probability" && checked.size === 0 && !this._state.shape && !this._state.isFiltered;
    this._showWays();
    byId("sweep-cameras").textContent = this._state.shape ? "All cameras in the drawn shape, in the order of the ranking." : checked.size
      ? `${checked.size} selected camera${checked.size > 1 ? "s" : ""}, in the order of the ranking.`
      : this._state.isFiltered ? "The cameras of the list that pass the filters, best ranked first."
      : `The best ranked cameras within ${metres(ranking.radius_m)} of a last-known location.`;
    const { photos } = this._state;
    byId("sweep-artificial").hidden = !photos.length || photos.some((photo) => !photo.artificial);
    this._showProblem("");
    this._dialog.showModal();
  }

  _dropShape() {
    if (!this._state.shape) return;
    this._state.shape = null;
    this._state.tell("shape");
  }

  _showWays() {
    const follows = this._form.elements.follows_plan.checked;
    byId("sweep-limit-field").hidden = follows || this._state.checked.size > 0 || Boolean(this._state.shape);
    byId("sweep-budget-field").hidden = !follows;
  }

  async _plan() {
    const { elements } = this._form;
    const { clock, checked, ranking } = this._state;
    const body = {
      window_start: clock.fromControl(elements.window_start.value),
      window_end: clock.fromControl(elements.window_end.value),
      radius_m: ranking.radius_m,
      only_with_footage: elements.only_with_footage.checked,
      priority: elements.priority.value,
      note: elements.note.value,
      follows_plan: elements.follows_plan.checked,
    };
    if (body.follows_plan) body.budget_minutes = Number(elements.budget_minutes.value) || null;
    else if (this._state.shape) body.shape = this._state.shape;
    else if (checked.size) body.camera_ids = [...checked];
    else if (this._state.isFiltered) body.camera_ids = ranking.items.slice(0, Number(elements.limit.value)).map((entry) => entry.camera_id);
    else body.limit = Number(elements.limit.value);
    const submit = this._form.querySelector("button[type=submit]");
    submit.disabled = true;
    try {
      await this._send(body, elements.start_at_once.checked);
    } catch (problem) {
      if (!(problem instanceof api.ApiProblem)) throw problem;
      const reasons = Object.values(problem.fields);
      this._showProblem([problem.message, ...reasons.filter((reason) => !problem.message.includes(reason))].join(" "));
    } finally {
      submit.disabled = false;
    }
  }

  async _send(body, startAtOnce) {
    const sweep = await api.post(`${this._state.address}/sweeps`, body);
    this._dialog.close();
    this._state.checked.clear();
    this._state.tell("checked");
    this._state.putSweep(sweep);
    if (!startAtOnce) {
      toast(sweep.follows_plan ? `Sweep ${sweep.ordinal} will follow the plan.` : `Sweep ${sweep.ordinal} is planned with ${sweep.visits} visits.`);
      return;
    }
    const report = await api.post(`/api/sweeps/${sweep.id}/start`);
    toast(report.note || (sweep.follows_plan && `Sweep ${sweep.ordinal} follows the plan; its first camera comes in a moment.`) || `Sweep ${sweep.ordinal} is started: ${report.queued} visits queued.`);
    await this._state.loadSweeps();
  }

  _showProblem(text) {
    byId("sweep-problem").textContent = text;
    byId("sweep-problem").hidden = !text;
  }
}
