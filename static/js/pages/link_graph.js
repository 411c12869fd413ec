// The drawing of links: drag, wheel with Ctrl, buttons and keys move and zoom it; the links of the
// thing under the pointer, or with the focus, stand out. Without this script it is still readable.

const svg = document.querySelector("[data-graph]");

if (svg) {
  if (svg.clientHeight > svg.clientWidth) stand(svg);
  start(svg, svg.viewBox.baseVal);
}

// On a screen that is higher than wide the drawing is turned, so that it fills it.
function stand(svg) {
  for (const edge of svg.querySelectorAll(".edge")) {
    for (const end of ["1", "2"]) {
      const x = edge.getAttribute(`x${end}`);
      edge.setAttribute(`x${end}`, edge.getAttribute(`y${end}`));
      edge.setAttribute(`y${end}`, x);
    }
  }
  for (const node of svg.querySelectorAll("a.node, a.more")) {
    const [x, y] = node.getAttribute("transform").match(/-?[\d.]+/g);
    node.setAttribute("transform", `translate(${y} ${x})`);
  }
  svg.setAttribute("viewBox", "-120 -40 880 1100");
}

function start(svg, view) {
  const whole = { x: view.x, y: view.y, width: view.width, height: view.height };

  function zoom(factor, x = view.x + view.width / 2, y = view.y + view.height / 2) {
    const width = Math.min(whole.width * 1.5, Math.max(whole.width / 12, view.width * factor));
    const kept = width / view.width;
    view.x = x - (x - view.x) * kept;
    view.y = y - (y - view.y) * kept;
    view.width = width;
    view.height *= kept;
  }

  function showAll() {
    Object.assign(view, whole);
  }

  function move(right, down) {
    view.x += right * view.width * 0.1;
    view.y += down * view.height * 0.1;
  }

  const keys = {
    "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: showAll,
    ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0), ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1),
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.querySelector("[data-graph-buttons]").addEventListener("click", (event) => {
    const wanted = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (wanted === "all") showAll();
    else if (wanted) zoom(wanted === "in" ? 0.8 : 1.25);
  });

  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== svg) return;
    event.preventDefault();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    zoom(event.deltaY > 0 ? 1.15 : 0.87, at.x, at.y);
  }, { passive: false });

  let from = null;
  let moved = false;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY };
    moved = false;
  });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const scale = 1 / svg.getScreenCTM().a;
    const right = event.clientX - from.x;
    const down = event.clientY - from.y;
    if (!moved && Math.hypot(right, down) < 4) return;
    moved = true;
    svg.classList.add("moving");
    view.x -= right * scale;
    view.y -= down * scale;
    from = { x: event.clientX, y: event.clientY };
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel"]) {
    svg.addEventListener(name, () => {
      from = null;
      svg.classList.remove("moving");
    });
  }
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("click", (event) => {
    if (moved) event.preventDefault();
  }, true);

  const places = new Map([...svg.querySelectorAll("a.node")].map((node) => [placeOf(node), node]));

  function placeOf(node) {
    return node.getAttribute("transform").match(/-?[\d.]+/g).join(" ");
  }

  function highlight(node) {
    const place = node ? placeOf(node) : null;
    for (const edge of svg.querySelectorAll(".edge")) {
      const ends = [`${edge.getAttribute("x1")} ${edge.getAttribute("y1")}`, `${edge.getAttribute("x2")} ${edge.getAttribute("y2")}`];
      edge.classList.toggle("near", place !== null && ends.includes(place));
    }
  }

  for (const node of places.values()) {
    node.addEventListener("pointerenter", () => highlight(node));
    node.addEventListener("pointerleave", () => highlight(null));
    node.addEventListener("focus", () => highlight(node));
    node.addEventListener("blur", () => highlight(null));
  }
}
