// Where the subject can be at a moment between two stops: near enough to the first to have come from
// it, and near enough to the second to get there in time. Both are circles; this is what they share.

const METRES_PER_DEGREE = 111_195;
const CORNERS = 90;
const ROUNDING_M = 1e-6;

/** The region as a ring of [latitude, longitude]; empty where nothing is in both circles. */
export function reachRegion(from, to, momentMs, speed) {
  const plane = planeAt(from, to);
  const first = {
    ...plane.xy(from),
    r: from.uncertainty_m + speed * Math.max(0, (momentMs - from.leftMs) / 1000 + from.time_uncertainty_s),
  };
  const second = {
    ...plane.xy(to),
    r: to.uncertainty_m + speed * Math.max(0, (to.arrivedMs - momentMs) / 1000 + to.time_uncertainty_s),
  };
  return intersection(first, second).map((point) => plane.latlng(point));
}

function planeAt(from, to) {
  const latitude = (from.latitude_deg + to.latitude_deg) / 2;
  const eastM = METRES_PER_DEGREE * Math.max(Math.cos((latitude * Math.PI) / 180), 1e-6);
  const origin = from.longitude_deg;
  return {
    xy: ({ latitude_deg: lat, longitude_deg: lng }) => ({ x: turn(lng - origin) * eastM, y: (lat - latitude) * METRES_PER_DEGREE }),
    latlng: ({ x, y }) => [latitude + y / METRES_PER_DEGREE, origin + x / eastM],
  };
}

/** The smaller way round the globe, so that the 180th meridian is no border. */
function turn(degrees) {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

/** What two circles share, as the corners of a convex ring. */
export function intersection(a, b) {
  const apart = Math.hypot(a.x - b.x, a.y - b.y);
  if (apart > a.r + b.r) return [];
  if (apart + a.r <= b.r) return circle(a);
  if (apart + b.r <= a.r) return circle(b);
  const inBoth = [
    ...circle(a).filter((point) => within(point, b)),
    ...circle(b).filter((point) => within(point, a)),
    ...crossings(a, b, apart),
  ];
  const middle = {
    x: inBoth.reduce((sum, point) => sum + point.x, 0) / inBoth.length,
    y: inBoth.reduce((sum, point) => sum + point.y, 0) / inBoth.length,
  };
  const angle = (point) => Math.atan2(point.y - middle.y, point.x - middle.x);
  return inBoth.sort((p, q) => angle(p) - angle(q));
}

function circle({ x, y, r }) {
  return Array.from({ length: CORNERS }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / CORNERS;
    return { x: x + r * Math.cos(angle), y: y + r * Math.sin(angle) };
  });
}

function within(point, { x, y, r }) {
  return Math.hypot(point.x - x, point.y - y) <= r + ROUNDING_M;
}

function crossings(a, b, apart) {
  const along = (a.r ** 2 - b.r ** 2 + apart ** 2) / (2 * apart);
  const aside = Math.sqrt(Math.max(0, a.r ** 2 - along ** 2));
  const ux = (b.x - a.x) / apart;
  const uy = (b.y - a.y) / apart;
  return [1, -1].map((side) => ({ x: a.x + along * ux - side * aside * uy, y: a.y + along * uy + side * aside * ux }));
}
