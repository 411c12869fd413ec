// Filters of the cameras. The server applies them; the list and the map show the same cameras.

import { byId, el } from "./dom.js";

const NAMES = ["owner", "status", "facing", "footage", "seen"];
const TYPING_DELAY_MS = 350;

export class FiltersPanel {
  /** `asked()` is called when a filter has changed. */
  constructor(state, form, asked) {
    this._state = state;
    this._form = form;
    this._box = byId("ranking-filters");
    this._asked = asked;
    for (const clear of document.querySelectorAll("[data-clear-filters]")) clear.addEventListener("click", () => this.clear());
    this._form.elements.owner.addEventListener("input", () => {
      clearTimeout(this._typing);
      this._typing = setTimeout(asked, TYPING_DELAY_MS);
    });
    state.on("ranking", () => this._show());
  }

  /** The filters that are set, by name. */
  get values() {
    const set = NAMES.map((name) => [name, this._form.elements[name].value.trim()]);
    return Object.fromEntries(set.filter(([, value]) => value));
  }

  set values(wanted) {
    for (const name of NAMES) this._form.elements[name].value = wanted[name] ?? "";
    this._box.open = this._box.open || Object.keys(this.values).length > 0;
  }

  clear() {
    this.values = {};
    this._asked();
  }

  _show() {
    const { ranking } = this._state;
    const count = Object.keys(this.values).length;
    byId("filter-count").textContent = count ? String(count) : "";
    const bar = byId("filter-bar");
    bar.hidden = !this._state.isFiltered;
    byId("filter-words").textContent = `${ranking.matching ?? 0} of ${total(ranking)} cameras shown`;
    const owners = new Set([...ranking.items.map((entry) => entry.owner), ...this._owners()].filter(Boolean));
    byId("owners").replaceChildren(...[...owners].sort().slice(0, 100).map((owner) => el("option", { value: owner })));
  }

  /** Owners that were seen before a filter hid them. */
  _owners() {
    this._known ??= new Set();
    for (const { owner } of this._state.ranking.items) this._known.add(owner);
    return this._known;
  }
}

/** The server stops counting at 2,000. */
function total(ranking) {
  const most = 2000;
  return ranking.order === "distance" && ranking.total >= most ? "the nearest 2,000" : ranking.total.toLocaleString("en");
}
