// The map of the whole registry: clusters, dots, and a way to each camera's page.

import * as api from "./api.js";
import { CameraLayer } from "./camera_layer.js";
import { el, readData } from "./dom.js";
import { addGround } from "./ground_layer.js";

const L = window.L;
const { start, tiles } = readData("registry-data");
const map = L.map("registry-map", { zoomSnap: 0.5, attributionControl: Boolean(tiles.url), scrollWheelZoom: false })
  .setView([start.latitude_deg, start.longitude_deg], 13);
map.attributionControl?.setPrefix(false);
L.control.scale({ imperial: false }).addTo(map);
addGround(map, tiles, [start.latitude_deg, start.longitude_deg]);

const layer = new CameraLayer(() => ({ rank: null, holding: "askable", visit: null, checked: false, selected: false })).addTo(map);
layer.on("camera", ({ id, onCluster }) => { if (!onCluster && id) location.assign(`/cameras/${id}`); });
const tip = L.tooltip({ direction: "top", offset: [0, -8] });
layer.on("hover", ({ camera, count, latlng }) => {
  if (!camera && !count) tip.remove();
  else tip.setLatLng(camera?.latlng ?? latlng).setContent(el("span", {}, camera ? `${camera.name} (${camera.status})` : `${count} cameras`)).addTo(map);
});

const features = await api.get("/api/cameras", { format: "geojson", limit: 20_000 });
const cameras = features.features.map(({ properties, geometry }) => ({
  ...properties, latlng: L.latLng(geometry.coordinates[1], geometry.coordinates[0]),
}));
layer.setCameras(cameras);
if (cameras.length) map.fitBounds(L.latLngBounds(cameras.map((camera) => camera.latlng)).pad(0.05), { maxZoom: 17 });
