// Lists that change while somebody works in them. Nothing changes between a press and its release, or the click would
// be lost or meet another entry. An entry that says the same as before stays the same element, with its focus and its
// loaded pictures; and what is under the pointer or has the focus does not move away from there, where the list can
// scroll.

const CONTROLS = "a[href], button, input, select, textarea, summary";
const waiting = new Map(); // a list under the press → how it will be drawn
let pressed = null;
const written = new WeakMap(); // an entry as it was written, before it was marked as selected or the like

addEventListener("pointerdown", ({ target }) => { pressed = target; }, true);
for (const kind of ["pointerup", "pointercancel", "dragend"]) {
  addEventListener(kind, () => {
    pressed = null;
    // The click comes after the release and before this.
    setTimeout(() => {
      const draws = [...waiting.values()];
      waiting.clear();
      for (const draw of draws) draw();
    });
  }, true);
}

/** Draws the list at once, or when the press that is on it has ended; then only the last drawing asked for. */
export function whenReleased(list, draw) {
  if (pressed && list.contains(pressed)) waiting.set(list, draw);
  else draw();
}

/** Shows `entries`, elements that `keyOf` tells apart, as the list's only children. */
export function showEntries(list, entries, keyOf) {
  const before = new Map([...list.children].map((entry) => [keyOf(entry), entry]));
  const anchor = anchorOf(list);
  const anchorKey = anchor && keyOf(anchor);
  const top = anchor?.getBoundingClientRect().top;
  const focus = focusIn(list, keyOf);
  const shown = entries.map((fresh) => {
    const markup = fresh.outerHTML;
    const old = before.get(keyOf(fresh));
    const entry = old && written.get(old) === markup ? old : fresh;
    written.set(entry, markup);
    return entry;
  });
  place(list, shown);
  const here = shown.find((entry) => keyOf(entry) === anchorKey);
  if (here) scrollerOf(list).scrollTop += here.getBoundingClientRect().top - top;
  giveBack(focus, shown, keyOf);
}

/** Puts the entries in order, without taking those out that stay where they are: that would end a press. */
function place(list, shown) {
  const staying = new Set(shown);
  for (const entry of [...list.children]) if (!staying.has(entry)) entry.remove();
  let next = list.firstElementChild;
  for (const entry of shown) {
    if (entry === next) next = next.nextElementSibling;
    else list.insertBefore(entry, next);
  }
}

/** What must not move: the entry under the pointer, else the one with the focus, else, once somebody has scrolled,
 * the first that is seen. */
function anchorOf(list) {
  const held = list.querySelector(":scope > :hover") ?? list.querySelector(":scope > :focus-within");
  const scroller = scrollerOf(list);
  if (held || !scroller.scrollTop) return held;
  const { top } = scroller.getBoundingClientRect();
  return [...list.children].find((entry) => entry.getBoundingClientRect().bottom > top) ?? null;
}

function scrollerOf(list) {
  for (let box = list; box; box = box.parentElement) {
    if (box.scrollHeight > box.clientHeight && getComputedStyle(box).overflowY !== "visible") return box;
  }
  return document.scrollingElement;
}

function focusIn(list, keyOf) {
  const { activeElement: active } = document;
  const entry = list.contains(active) && [...list.children].find((one) => one.contains(active));
  return entry ? { key: keyOf(entry), at: [...entry.querySelectorAll(CONTROLS)].indexOf(active) } : null;
}

/** An entry that was written anew gets the focus that the old one had. */
function giveBack(focus, shown, keyOf) {
  const entry = focus && shown.find((one) => keyOf(one) === focus.key);
  if (entry && !entry.contains(document.activeElement)) entry.querySelectorAll(CONTROLS)[focus.at]?.focus({ preventScroll: true });
}
