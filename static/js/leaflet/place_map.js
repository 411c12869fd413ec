// A small map of one camera: where it stands and what it sees.

import { CameraLayer } from "./camera_layer.js";
import { readData } from "./dom.js";
import { addGround } from "./ground_layer.js";

const L = window.L;
const ZOOM = 18;

const place = readData("place-data");
const at = L.latLng(place.latitude_deg, place.longitude_deg);
const map = L.map("place-map", { zoomSnap: 0.5, attributionControl: Boolean(place.tiles.url), scrollWheelZoom: false }).setView(at, ZOOM);
map.attributionControl?.setPrefix(false);
L.control.scale({ imperial: false }).addTo(map);
addGround(map, place.tiles, at);
// Its name stands beside the map, which is too small for it.
const layer = new CameraLayer(() => ({ rank: null, holding: "ready", visit: null, checked: false, selected: true }), { names: false }).addTo(map);
layer.setCameras([{ ...place, id: 0, latlng: at }]);

if (place.from) {
  const from = L.latLng(place.from.latitude_deg, place.from.longitude_deg);
  L.polyline([from, at], { className: "ring search", interactive: false }).addTo(map);
  L.circleMarker(from, { radius: 7, className: "uncertainty" }).bindTooltip(place.from.label, { permanent: true, direction: "top" }).addTo(map);
  map.fitBounds(L.latLngBounds([from, at]).pad(0.3), { maxZoom: ZOOM });
}
