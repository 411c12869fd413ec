// The design's colours for what is drawn on a canvas, in the theme that is showing.

const NAMES = [
  "surface", "ink", "ink-soft", "ink-faint", "accent", "ink-on-accent", "line-strong", "candidate", "confirmed",
  "unsure", "rejected", "danger", "place", "working", "camera-ready", "camera-unknown", "ground",
  "ground-line", "ground-line-strong", "ground-ink", "street", "street-casing", "street-wide",
  "street-wide-casing", "street-path", "street-rail", "street-ink", "street-place",
];

let colours = null;

/** `palette()["camera-ready"]` is a colour that a canvas understands. */
export function palette() {
  if (colours) return colours;
  const probe = document.createElement("span");
  document.body.append(probe);
  colours = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

document.addEventListener("themechange", () => { colours = null; });
