// Cameras on the canvas by keyboard: Shift with an arrow goes to the nearest one in that direction.

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** `selected()` gives the selected camera's id; `choose(id)` selects one; `open()` shows it. */
export function listenForCameraKeys(map, layer, { selected, choose, open }) {
  const container = map.getContainer();
  container.addEventListener("keydown", (event) => {
    if (event.target !== container) return;
    if (event.key === "Enter" && selected()) {
      event.preventDefault();
      open();
    }
    if (!event.shiftKey || !(event.key in ARROWS)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // else the map moves three steps as well
    const next = nearest(layer.shownCameras(), pointOf(map, layer, selected()), ARROWS[event.key]);
    if (next) choose(next.id);
  }, { capture: true });
}

function pointOf(map, layer, id) {
  const item = layer.shownCameras().find((one) => one.camera.id === id);
  if (item) return { x: item.x, y: item.y, id };
  const middle = map.containerPointToLayerPoint(map.getSize().divideBy(2));
  return { x: middle.x, y: middle.y, id: null };
}

/** Within 45° of the direction; from the middle of the map, where none is selected, in any. */
function nearest(items, from, [dx, dy]) {
  let best = null;
  let least = Infinity;
  for (const { x, y, camera } of items) {
    if (camera.id === from.id) continue;
    const away = Math.hypot(x - from.x, y - from.y);
    const along = (x - from.x) * dx + (y - from.y) * dy;
    if (away >= least || (from.id !== null && along < away * Math.SQRT1_2)) continue;
    best = camera;
    least = away;
  }
  return best;
}
