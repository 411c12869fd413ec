// How a camera looks on the map. Its disc says what footage can be expected, its mark at the lower
// right what became of the last visit; both by shape as well as by colour.

const FULL_TURN = 2 * Math.PI;
const NORTH = -Math.PI / 2;

/** Footage that is at hand, that may be had, or that is not known of. */
export const HOLDING = { held: "ready", partly_held: "ready", live: "ready", on_recorder: "askable" };

export function drawWedges(context, x, y, camera, rangePx, colour) {
  if (!camera.headings_deg?.length || !camera.field_of_view_deg || !(rangePx > 4)) return;
  const half = (camera.field_of_view_deg * Math.PI) / 360;
  context.fillStyle = colour;
  context.strokeStyle = colour;
  for (const heading of camera.headings_deg) {
    const middle = NORTH + (heading * Math.PI) / 180;
    context.beginPath();
    if (camera.field_of_view_deg >= 360) {
      context.arc(x, y, rangePx, 0, FULL_TURN);
    } else {
      context.moveTo(x, y);
      context.arc(x, y, rangePx, middle - half, middle + half);
      context.closePath();
    }
    context.globalAlpha = 0.14;
    context.fill();
    context.globalAlpha = 0.5;
    context.lineWidth = 1;
    context.stroke();
    context.globalAlpha = 1;
  }
}

export function drawDot(context, x, y, radius, look, colours) {
  if (look.inactive) {
    drawCross(context, x, y, radius * 0.8, colours["camera-unknown"], 1.5);
    return;
  }
  const ready = look.holding === "ready";
  const askable = look.holding === "askable";
  const edge = ready || askable ? colours["camera-ready"] : colours["camera-unknown"];
  disc(context, x, y, radius, ready ? edge : colours.surface, edge, askable ? 2.2 : 1.6);
}

export function drawRanked(context, x, y, rank, look, colours) {
  const radius = rank > 99 ? 13 : 11;
  const ready = look.holding === "ready";
  const askable = look.holding === "askable";
  const edge = ready || askable ? colours["camera-ready"] : colours["camera-unknown"];
  if (!ready && !askable) context.setLineDash([3, 2]);
  disc(context, x, y, radius, ready ? edge : colours.surface, edge, 2);
  context.setLineDash([]);
  context.fillStyle = ready ? colours["ink-on-accent"] : colours.ink;
  context.font = `650 ${rank > 99 ? 10 : 12}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(rank), x, y + 0.5);
}

/** `visit` is the state of the camera's newest visit in this case. */
export function drawVisitMark(context, x, y, visit, colours) {
  if (visit === "running") {
    disc(context, x, y, 5.5, colours.working, colours.surface, 1.5);
    context.fillStyle = colours.surface;
    context.beginPath();
    context.moveTo(x - 1.6, y - 2.6);
    context.lineTo(x + 2.8, y);
    context.lineTo(x - 1.6, y + 2.6);
    context.fill();
  } else if (visit === "done") {
    disc(context, x, y, 5.5, colours.confirmed, colours.surface, 1.5);
    line(context, [[x - 2.6, y], [x - 0.6, y + 2.1], [x + 2.8, y - 2]], colours.surface, 1.6);
  } else if (visit === "failed") {
    triangle(context, x, y, 6.5, colours.danger, colours.surface);
    line(context, [[x, y - 2.4], [x, y + 1]], colours.surface, 1.6);
    line(context, [[x, y + 3], [x, y + 3.2]], colours.surface, 1.8);
  } else if (visit === "queued" || visit === "waiting") {
    disc(context, x, y, 4.5, colours.surface, colours.working, 1.8);
  }
}

export function drawSelection(context, x, y, radius, colours) {
  context.strokeStyle = colours.surface;
  context.lineWidth = 6;
  ring(context, x, y, radius + 5);
  context.strokeStyle = colours.accent;
  context.lineWidth = 3;
  ring(context, x, y, radius + 5);
}

/** Footage of the moment that is looked at is at hand. */
export function drawCovered(context, x, y, radius, colours) {
  context.globalAlpha = 0.35;
  disc(context, x, y, radius + 7, colours.confirmed, "transparent", 0);
  context.globalAlpha = 1;
  context.strokeStyle = colours.confirmed;
  context.lineWidth = 2;
  ring(context, x, y, radius + 7);
}

export function drawCheck(context, x, y, radius, colours) {
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.setLineDash([2, 2]);
  ring(context, x, y, radius + 3.5);
  context.setLineDash([]);
}

export function drawCluster(context, group, colours) {
  const count = group.members.length;
  const radius = 11 + Math.min(11, Math.log2(count) * 1.8);
  context.globalAlpha = 0.2;
  disc(context, group.x, group.y, radius + 4, colours["camera-ready"], "transparent", 0);
  context.globalAlpha = 1;
  disc(context, group.x, group.y, radius, colours.surface, colours["camera-ready"], 1.6);
  context.fillStyle = colours.ink;
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(count), group.x, group.y + 0.5);
  return radius;
}

export function drawName(context, x, y, text, colours) {
  context.font = "11.5px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = colours.ground;
  context.strokeText(text, x, y);
  context.fillStyle = colours["ink-soft"];
  context.fillText(text, x, y);
}

function disc(context, x, y, radius, fill, stroke, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, FULL_TURN);
  context.fillStyle = fill;
  context.fill();
  if (!width) return;
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.stroke();
}

function ring(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, FULL_TURN);
  context.stroke();
}

function triangle(context, x, y, size, fill, stroke) {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y + size * 0.75);
  context.lineTo(x - size, y + size * 0.75);
  context.closePath();
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = stroke;
  context.lineWidth = 1.4;
  context.stroke();
}

function line(context, points, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.beginPath();
  points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function drawCross(context, x, y, size, colour, width) {
  line(context, [[x - size, y - size], [x + size, y + size]], colour, width);
  line(context, [[x + size, y - size], [x - size, y + size]], colour, width);
}
