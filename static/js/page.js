// Small behaviours of every page: menus that close, questions before irreversible steps,
// the first error in view, forms that are not sent twice.

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    // By the click's way, not by where its target is now: a button may redraw what is in it.
    if (!event.composedPath().includes(menu)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  // A second click would send the same thing again; the button comes back if the page stays.
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    setTimeout(() => { button.disabled = true; });
    setTimeout(() => { button.disabled = false; }, 8000);
  }
});

for (const select of document.querySelectorAll("[data-submit-on-change]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// A table that is wider than the screen can be moved by the arrow keys, too.
for (const region of document.querySelectorAll(".table-wrap")) {
  if (region.scrollWidth > region.clientWidth && !region.querySelector("a, button, input, select")) region.tabIndex = 0;
}

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
document.querySelector("[data-focus-first]")?.focus();
