// Keys on pages of sightings and tips: J and K move, C, R and U judge the one that has the focus, O opens
// it. What is marked `data-anywhere` answers its key wherever the focus is.

const TYPING = "input, textarea, select";

// Looked up each time: a page may replace its cards after a decision.
function cards() {
  return [...document.querySelectorAll("[data-review-card]")];
}

function current() {
  const all = cards();
  return document.activeElement?.closest("[data-review-card]") ?? (all.length === 1 ? all[0] : null);
}

function move(step) {
  const all = cards();
  const at = all.indexOf(current());
  all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
}

// A page that is about to be left takes no more keys: a second one would decide on the same card again.
let leaving = false;
window.addEventListener("submit", (event) => { if (!event.defaultPrevented) leaving = true; });
window.addEventListener("pageshow", () => { leaving = false; });

document.addEventListener("keydown", (event) => {
  if (leaving || event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPING)) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
    return;
  }
  const wanted = `[data-key="${CSS.escape(key)}"]:not(:disabled)`;
  (current()?.querySelector(wanted) ?? document.querySelector(`[data-anywhere]${wanted}`))?.click();
});

// After a decision the page comes anew: the focus goes where it was, which is the next card.
const place = document.querySelector("[data-focus-card]")?.dataset.focusCard;
if (place !== undefined) cards()[Math.min(Number(place), cards().length - 1)]?.focus();
