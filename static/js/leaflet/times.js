// Times are instants; people read and type them on a wall clock of the case's time zone.

const MINUTE_MS = 60_000;

export class CaseClock {
  constructor(timezone) {
    this.timezone = timezone;
    const base = { timeZone: timezone, hourCycle: "h23" };
    this._clock = new Intl.DateTimeFormat("en-GB", { ...base, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this._day = new Intl.DateTimeFormat("en-GB", { ...base, day: "numeric", month: "short" });
    this._full = new Intl.DateTimeFormat("en-GB", {
      ...base, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
  }

  /** "14:10:05" */
  time(instant) {
    return instant ? this._clock.format(new Date(instant)) : "time unknown";
  }

  /** "18 Nov, 14:10:05" */
  dayTime(instant) {
    return instant ? `${this._day.format(new Date(instant))}, ${this.time(instant)}` : "time unknown";
  }

  /** For a datetime-local control: "2026-11-18T14:10" (seconds only where they are not zero). */
  toControl(instant) {
    if (!instant) return "";
    const text = this._wall(new Date(instant));
    return text.endsWith(":00") ? text.slice(0, -3) : text;
  }

  /** The instant (ISO 8601, UTC) of a wall time typed into a datetime-local control; null if empty. */
  fromControl(text) {
    if (!text) return null;
    const asUtc = new Date(`${text.length === 16 ? `${text}:00` : text}Z`);
    // The zone's offset at the wall time: guess with the offset at that instant, then correct once.
    let instant = new Date(asUtc.getTime() - this._offsetMs(asUtc));
    instant = new Date(asUtc.getTime() - this._offsetMs(instant));
    return instant.toISOString();
  }

  _wall(date) {
    const parts = Object.fromEntries(this._full.formatToParts(date).map((part) => [part.type, part.value]));
    return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
  }

  _offsetMs(date) {
    const wall = new Date(`${this._wall(date)}Z`).getTime();
    return wall - Math.floor(date.getTime() / 1000) * 1000;
  }
}

export function shifted(instant, minutes) {
  return new Date(new Date(instant).getTime() + minutes * MINUTE_MS).toISOString();
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "unknown";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export function metres(distance) {
  if (distance === null || distance === undefined) return "unknown";
  return distance < 1000 ? `${Math.round(distance)} m` : `${+(distance / 1000).toFixed(1)} km`;
}
