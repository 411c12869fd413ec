// Panes of the case map: tabs of the left pane, and on phones a sheet over the map.

import { byId } from "./dom.js";

export class Layout {
  /** `changed()` is called when something else has come to the front. */
  constructor(map, changed = () => {}) {
    this._map = map;
    this._changed = changed;
    this._root = byId("case-map-page");
    for (const tab of document.querySelectorAll("[data-pane-tab]")) {
      tab.addEventListener("click", () => this.showTab(tab.dataset.paneTab));
    }
    for (const tab of document.querySelectorAll("[data-sheet]")) {
      tab.addEventListener("click", () => this.showSheet(tab.dataset.sheet));
    }
    new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(byId("map"));
  }

  /** What is in front: the left pane's tab, and on a phone the sheet. */
  get tab() {
    return document.querySelector("[data-pane-tab][aria-selected=true]").dataset.paneTab;
  }

  get sheet() {
    return this._root.dataset.shown;
  }

  showTab(name) {
    for (const tab of document.querySelectorAll("[data-pane-tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.paneTab === name));
    }
    for (const pane of document.querySelectorAll("[data-pane]")) pane.hidden = pane.dataset.pane !== name;
    this._changed();
  }

  /** On a phone: "map", "list" or "sightings"; on a wide screen all are there. */
  showSheet(name) {
    this._root.dataset.shown = name;
    for (const tab of document.querySelectorAll("[data-sheet]")) {
      tab.setAttribute("aria-current", String(tab.dataset.sheet === name));
    }
    this._changed();
  }
}
