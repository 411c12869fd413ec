// The whole view in the page's address, so that it can be sent. What cannot be read is left out and
// named; nothing in an address may break the page.

const WRITE_DELAY_MS = 300; // browsers refuse addresses that change many times a second

const FURTHEST_ZOOM = 3;
const NEAREST_ZOOM = 20;

const oneOf = (...values) => (text) => (values.includes(text) ? text : undefined);
const text = (longest) => (value) => (value.length <= longest ? value : undefined);

function whole(least, most) {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= least && number <= most ? number : undefined;
  };
}

function instant(value) {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.test(value)) return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** "12.97160,77.59460,15.5": latitude, longitude, zoom. */
function place(value) {
  const parts = value.split(",").map((part) => (/^-?\d{1,3}(\.\d{1,9})?$/.test(part) ? Number(part) : NaN));
  const [latitude, longitude, zoom] = parts;
  const good = parts.length === 3 && Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= FURTHEST_ZOOM && zoom <= NEAREST_ZOOM;
  return good ? { latlng: [latitude, longitude], zoom } : undefined;
}

function layers(value) {
  const names = value.split(",");
  return names.every((name) => ["belief", "coverage"].includes(name)) ? names : undefined;
}

const READERS = {
  at: place, layers, time: instant, tab: oneOf("ranking", "places", "sweeps"), sheet: oneOf("list", "map", "sightings"),
  tray: oneOf("open", "candidate", "confirmed", "unsure", "rejected", "all"),
  camera: whole(1, Number.MAX_SAFE_INTEGER), sighting: whole(1, Number.MAX_SAFE_INTEGER), place: whole(1, Number.MAX_SAFE_INTEGER),
  order: oneOf("distance", "probability"), radius: whole(1, 100_000), limit: whole(1, 1000), from: instant, until: instant,
  owner: text(200), status: oneOf("active", "offline", "unknown"), facing: oneOf("toward", "away", "unknown"),
  footage: oneOf("at_hand", "on_recorder", "left", "gone"), seen: oneOf("seen", "not_seen", "sightings"),
};

/** { view, unreadable }: what an address asks for, and the names of what makes no sense in it. */
export function readView(search) {
  const view = {};
  const unreadable = [];
  for (const [name, value] of new URLSearchParams(search)) {
    if (!Object.hasOwn(READERS, name) || value === "") continue;
    const read = READERS[name](value);
    if (read === undefined) unreadable.push(name);
    else view[name] = read;
  }
  if (view.from && view.until && view.until <= view.from) {
    unreadable.push("until");
    delete view.from;
    delete view.until;
  }
  return { view, unreadable };
}

export class ViewUrl {
  /** `collect()` gives the values by name; what is empty is left out. */
  constructor(collect) {
    this._collect = collect;
    this._timer = null;
  }

  changed() {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.write(), WRITE_DELAY_MS);
  }

  /** Write at once; returns the whole address. */
  write() {
    clearTimeout(this._timer);
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(this._collect())) {
      if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
    }
    // Commas and colons mean nothing in a query, and are easier to read.
    const search = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    history.replaceState(history.state, "", search ? `?${search}` : location.pathname);
    return location.href;
  }
}
