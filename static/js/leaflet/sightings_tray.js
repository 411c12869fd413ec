// The tray of sightings: face beside reference photo, and a person's verdict.

import * as api from "./api.js";
import { badge, byId, el, icon } from "./dom.js";
import { showEntries, whenReleased } from "./entries.js";
import { announce, attempt, toast } from "./toasts.js";

const VERDICTS = [
  ["confirmed", "Confirm", "check", "C"], ["rejected", "Reject", "cross", "R"], ["unsure", "Unsure", "question", "U"],
];

export class SightingsTray {
  constructor(state) {
    this._state = state;
    this._list = byId("sighting-list");
    this._filter = byId("sighting-filter");
    this._filter.addEventListener("change", () => this._render());
    state.on("sightings", ({ arrived }) => { this._render(arrived?.id); });
    state.on("selection", ({ from }) => this._showSelection(from));
    state.on("moment", () => this._showMoment());
  }

  /** The sightings as the tray shows them: the newest arrival first, those like a rejected face last. */
  get shown() {
    const wanted = this._filter.value;
    return [...this._state.sightings.values()]
      .filter((sighting) => wanted === "all" || (wanted === "open" ? sighting.state !== "rejected" : sighting.state === wanted))
      .sort((a, b) => sinks(a) - sinks(b) || b.created_at.localeCompare(a.created_at) || b.id - a.id);
  }

  move(step) {
    const { shown } = this;
    if (!shown.length) return;
    const at = shown.findIndex((sighting) => sighting.id === this._state.selectedSighting);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    this._state.selectSighting(next.id, "keys");
  }

  async review(sighting, verdict) {
    if (!sighting || !this._state.settings.can.review) return;
    // An undo may come before the answer does: it waits for it.
    this._lastReviewed = sighting.id;
    this._underWay = attempt(() => api.post(`/api/sightings/${sighting.id}/reviews`, { verdict }));
    const answer = await this._underWay;
    if (!answer) return;
    this._state.putSighting({ ...this._state.sightings.get(sighting.id), ...judged(answer) });
    const open = verdict === "confirmed" && !answer.is_lead ? " It is a lead once a second person has confirmed it blind." : "";
    toast(`${sighting.camera.name}, ${this._state.clock.time(sighting.seen_at)}: ${verdict}.${open}`, {
      action: { label: "Undo (Z)", run: () => this.undo(sighting.id) }, about: `sighting ${sighting.id}`,
    });
    announce(`Sighting at ${sighting.camera.name} ${verdict}.`);
  }

  async undo(id = this._lastReviewed) {
    if (!id) return;
    await this._underWay;
    const undone = await attempt(async () => (await api.remove(`/api/sightings/${id}/reviews/latest`)) ?? api.get(`/api/sightings/${id}`));
    if (!undone) return;
    this._state.putSighting({ ...this._state.sightings.get(id), ...judged(undone) });
    const sighting = this._state.sightings.get(id);
    toast(`${sighting.camera.name}, ${this._state.clock.time(sighting.seen_at)}: the verdict is taken back.`, { about: `sighting ${id}` });
    announce("The verdict is taken back.");
  }

  get selected() {
    return this._state.sightings.get(this._state.selectedSighting) ?? null;
  }

  _render(arrivedId = null) {
    const candidates = [...this._state.sightings.values()].filter((sighting) => sighting.state === "candidate").length;
    for (const slot of document.querySelectorAll("[data-candidates]")) {
      slot.textContent = candidates;
      slot.hidden = candidates === 0;
    }
    whenReleased(this._list, () => this._draw(arrivedId));
  }

  _draw(arrivedId) {
    const { shown } = this;
    showEntries(this._list, shown.map((sighting) => this._card(sighting)), (card) => card.dataset.sighting);
    this._list.querySelector(`[data-sighting="${arrivedId}"]`)?.classList.add("arrived");
    byId("sighting-empty").hidden = shown.length > 0;
    this._showSelection("tray");
    this._showMoment();
  }

  /** Which sightings the tray shows, for the address. */
  get filter() {
    return this._filter.value;
  }

  set filter(value) {
    this._filter.value = value;
    this._render();
  }

  /** Sightings after the moment that is looked at are faint. */
  _showMoment() {
    const { moment, sightings } = this._state;
    for (const card of this._list.querySelectorAll(".sighting-card")) {
      const { seen_at: seenAt } = sightings.get(Number(card.dataset.sighting));
      card.classList.toggle("future", moment !== null && new Date(seenAt) > new Date(moment));
    }
  }

  _card(sighting) {
    const { clock } = this._state;
    const pick = () => this._state.selectSighting(sighting.id, "tray");
    return el("li", { class: `sighting-card ${sighting.state}`, "data-sighting": sighting.id },
      el("button", { type: "button", class: "sighting-body", onclick: pick },
        facePair(sighting),
        el("span", { class: "sighting-facts" },
          el("span", { class: "visually-hidden" }, "Sighting at "),
          el("strong", {}, sighting.camera.name),
          el("span", { class: "small" }, clock.dayTime(sighting.seen_at)),
          similarity(sighting), byAge(sighting.threshold_by_age),
          el("span", { class: "button-row" }, badge(sighting.state), standing(sighting), cannotBe(sighting), sinks(sighting) && badge("like-rejected", "like a rejected face"), sighting.made_up && badge("made-up", "made-up footage"),
            sighting.model.fallback && el("span", { class: "tiny soft", title: "A weaker recogniser than the recommended one is in use." }, "fallback recogniser")))),
      this._buttons(sighting) ?? "");
  }

  _buttons(sighting) {
    const { can } = this._state.settings;
    const details = can.sighting && el("a", {
      class: "icon-button", href: `/sightings/${sighting.id}`, title: "Look at it closely", "aria-label": `Details of the sighting at ${sighting.camera.name}`,
    }, icon("search"));
    if (!can.review) return details ? el("div", { class: "verdicts" }, details) : null;
    const buttons = VERDICTS.map(([verdict, label, symbol, key]) => el("button", {
      type: "button", class: `button small verdict ${verdict}`, "aria-pressed": String(sighting.state === verdict), title: `${label} (${key})`,
      onclick: () => this.review(sighting, verdict),
    }, icon(symbol), label));
    return el("div", { class: "verdicts" }, ...buttons, details);
  }

  _showSelection(from) {
    const chosen = this._state.sightings.get(this._state.selectedSighting);
    if (chosen && from === "map" && !this.shown.includes(chosen)) {
      this.filter = "all";
      return;
    }
    for (const card of this._list.querySelectorAll(".sighting-card")) {
      const selected = Number(card.dataset.sighting) === this._state.selectedSighting;
      card.classList.toggle("selected", selected);
      card.querySelector(".sighting-body").setAttribute("aria-current", String(selected));
      if (selected && from !== "tray") card.scrollIntoView({ block: "nearest" });
    }
  }
}

/** Both pictures are cut with the same margin around the face, so they are at about the same scale. */
export function facePair(sighting) {
  const photo = sighting.reference_photo;
  return el("span", { class: "face-pair" },
    el("figure", {}, el("img", { class: "face", src: sighting.face.crop, alt: "", loading: "lazy" }), el("figcaption", {}, "camera")),
    el("figure", {}, photo
      ? el("img", { class: "face", src: photo.face_picture, alt: "", loading: "lazy" })
      : el("span", { class: "face" }), el("figcaption", {}, photo ? (photo.artificial ? "artificial" : "reference") : "removed")));
}

/** The first faces of the subject, real photos before artificial pictures, which are marked. */
export function subjectFaces(photos, most) {
  return [...photos].sort((a, b) => a.artificial - b.artificial).slice(0, most).map((photo) => {
    const face = el("img", { class: "face", src: photo.face_picture, alt: photo.artificial ? "Artificial picture" : "" });
    return photo.artificial ? el("span", { class: "face-marked" }, face, el("span", { class: "tiny" }, "artificial")) : face;
  });
}

/** What a verdict changes of a sighting. */
function judged({ state, is_lead, awaits, standing: words }) {
  return { state, is_lead, awaits, standing: words };
}

/** A lead, or what a sighting that one person judged still waits for. */
export function standing(sighting) {
  if (sighting.is_lead) return badge("lead", "lead");
  if (!sighting.awaits || sighting.awaits === "first") return null;
  const mark = badge("provisional", `${sighting.awaits} review open`);
  mark.title = sighting.standing;
  return mark;
}

/** Farther from a confirmed sighting than anybody travels in the time between; never dropped for it. */
function cannotBe(sighting) {
  if (!sighting.travel || sighting.travel.possible) return null;
  const mark = badge("failed", "cannot be");
  mark.title = sighting.travel.reason;
  return mark;
}

/** An open sighting that is more like a face rejected for this case than like any photo. */
function sinks(sighting) {
  return Boolean(sighting.like_rejected?.marked) && ["candidate", "unsure"].includes(sighting.state);
}

function similarity(sighting) {
  return el("span", { class: "similarity", title: "Cosine of two embeddings, −1 to 1; higher is closer. It is no probability." },
    el("strong", { class: "figures" }, sighting.similarity.toFixed(3)),
    el("span", {}, `similarity, threshold ${sighting.threshold_similarity.toFixed(3)}`));
}

/** A line where the threshold was measured for the years between photo and face, else nothing. */
function byAge(measured) {
  if (!measured) return null;
  const until = measured.below_years === null ? "years and more" : `to ${measured.below_years} years`;
  return el("span", { class: "tiny soft" }, `measured for photos taken ${measured.from_years} ${until} before`);
}
