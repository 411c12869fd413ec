// Short messages at the foot of the page, with an undo where there is one; and the screen reader's voice.

import { byId, el } from "./dom.js";

const SHOWN_MS = 7000;

/** `action` is { label, run }. A later message `about` the same thing, or in the same words, takes the place of
 * the earlier one. */
export function toast(text, { action = null, error = false, about = null } = {}) {
  const box = el("div", { class: error ? "toast error" : "toast", role: error ? "alert" : "status" }, text);
  box.dataset.words = text;
  if (about) box.dataset.about = about;
  for (const old of [...byId("toasts").children]) {
    if (old.dataset.words === text || (about && old.dataset.about === about)) old.remove();
  }
  const close = () => box.remove();
  if (action) {
    box.append(el("button", { type: "button", onclick: () => { close(); action.run(); } }, action.label));
  }
  box.append(el("button", { type: "button", "aria-label": "Close", onclick: close }, "✕"));
  byId("toasts").append(box);
  setTimeout(close, SHOWN_MS);
}

/** Run something that calls the API; a refusal is shown, and undefined is returned. */
export async function attempt(work) {
  try {
    return await work();
  } catch (problem) {
    if (problem.name === "TypeError" || problem.name === "ReferenceError") throw problem;
    toast(problem.message, { error: true });
    return undefined;
  }
}

export function announce(text) {
  byId("announcer").textContent = text;
}
