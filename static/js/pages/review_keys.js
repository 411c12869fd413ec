// Keys on pages of sightings: J and K move, C, R and U judge the one that has the focus, O opens it.

const cards = [...document.querySelectorAll("[data-review-card]")];
const TYPING = "input, textarea, select";

function current() {
  return document.activeElement?.closest("[data-review-card]") ?? (cards.length === 1 ? cards[0] : null);
}

function move(step) {
  const at = cards.indexOf(current());
  cards[Math.min(cards.length - 1, Math.max(0, at + step))]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPING)) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
    return;
  }
  current()?.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`)?.click();
});
