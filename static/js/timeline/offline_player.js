// Playback in the exported map: a classic script, written into the page after reach.js, since a file
// that is opened without a server can load no modules.

const SPEEDS = [10, 60, 300, 1200, 3600, 14_400, 86_400];
const WANTED_PLAY_S = 45;
const STEPS = 1000;

function startPlayback() {
  const { map: mapName, stops, legs, timezone } = JSON.parse(document.getElementById("playback").textContent);
  const map = window[mapName];
  const at = (id) => document.getElementById(id);
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const startMs = stops[0].arrivedMs;
  const endMs = Math.max(...stops.map((stop) => stop.leftMs), startMs + 1000);
  const region = L.polygon([], { color: "#0b5cad", weight: 1.5, fillOpacity: 0.14, interactive: false }).addTo(map);
  const passed = L.polyline([], { color: "#12623a", weight: 6, interactive: false }).addTo(map);
  const pins = [...document.querySelectorAll(".leaflet-marker-icon.stop")];
  const rows = [...document.querySelectorAll("aside ol > li")];
  const fitting = (endMs - startMs) / 1000 / WANTED_PLAY_S;
  for (const speed of SPEEDS) at("speed").add(new Option(speedWords(speed), speed));
  at("speed").value = SPEEDS.find((speed) => speed >= fitting) ?? SPEEDS.at(-1);
  at("moment").max = STEPS;
  let moment = endMs;
  let playing = false;
  let last = 0;

  function show(momentMs) {
    moment = Math.min(endMs, Math.max(startMs, momentMs));
    at("moment").value = ((moment - startMs) / (endMs - startMs)) * STEPS;
    const place = whereAt(moment);
    const text = `${clock.format(moment)} · ${place.words}`;
    at("moment-words").textContent = text;
    at("moment").setAttribute("aria-valuetext", text);
    region.setLatLngs(place.ring);
    passed.setLatLngs(stops.filter((stop) => stop.arrivedMs <= moment).map((stop) => [stop.latitude_deg, stop.longitude_deg]));
    for (const pin of pins) {
      const stop = stops[Number(pin.textContent) - 1];
      pin.classList.toggle("passed", stop.arrivedMs <= moment);
    }
    rows.forEach((row, index) => row.classList.toggle("now", index === place.index));
  }

  function whereAt(momentMs) {
    const inView = stops.findIndex((stop) => momentMs >= stop.arrivedMs && momentMs <= stop.leftMs);
    if (inView >= 0) return { index: inView, words: `at ${inView + 1}, ${stops[inView].name}`, ring: [] };
    const before = stops.findLastIndex((stop) => stop.leftMs < momentMs);
    if (before === stops.length - 1) return { index: before, words: `after the last sighting`, ring: [] };
    const leg = legs[before];
    const between = `between ${before + 1} and ${before + 2}`;
    if (leg.speed === null) return { index: -1, words: `${between}; this leg cannot be`, ring: [] };
    return { index: -1, words: `${between}; unseen, somewhere in the shaded area`, ring: reachRegion(stops[before], stops[before + 1], momentMs, leg.speed) };
  }

  function tick(now) {
    if (!playing) return;
    show(moment + (now - last) * Number(at("speed").value));
    last = now;
    if (moment >= endMs) toggle();
    else requestAnimationFrame(tick);
  }

  function toggle() {
    playing = !playing;
    at("play").textContent = playing ? "Pause" : "Play";
    if (!playing) return;
    if (moment >= endMs) show(startMs);
    last = performance.now();
    requestAnimationFrame(tick);
  }

  function toStop(direction) {
    const target = direction > 0
      ? stops.find((stop) => stop.atMs > moment + 1) ?? stops.at(-1)
      : stops.findLast((stop) => stop.atMs < moment - 1) ?? stops[0];
    show(target.atMs);
  }

  at("play").addEventListener("click", toggle);
  at("before").addEventListener("click", () => toStop(-1));
  at("next").addEventListener("click", () => toStop(1));
  at("moment").addEventListener("input", () => show(startMs + (Number(at("moment").value) / STEPS) * (endMs - startMs)));
  at("player").hidden = stops.length < 2;
  show(endMs);
}

function speedWords(seconds) {
  if (seconds < 60) return `${seconds} s a second`;
  if (seconds < 3600) return `${seconds / 60} min a second`;
  return seconds < 86_400 ? `${seconds / 3600} h a second` : `${seconds / 86_400} d a second`;
}

window.addEventListener("load", startPlayback);
