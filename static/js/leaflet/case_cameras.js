// Which cameras the case itself speaks of. They are drawn whatever the map's tiles hold.

const L = window.L;

/** Ranked, visited, ticked and selected cameras, each once. Filters leave only what passes. */
export function markedCameras(state) {
  const marked = new Map();
  const add = (id, reference) => {
    if (!id || marked.has(id)) return;
    const camera = state.cameras.get(id) ?? (reference && placed({ status: "active", headings_deg: [], ...reference, id }));
    if (camera) marked.set(id, camera);
  };
  for (const entry of state.ranking.items) add(entry.camera_id, entry);
  for (const camera of state.onMap.values()) add(camera.camera_id, camera);
  if (!state.isFiltered) for (const visit of state.visits.values()) add(visit.camera_id, visit.camera);
  for (const id of state.checked) add(id);
  add(state.selectedCamera, state.sightings.get(state.selectedSighting)?.camera);
  return [...marked.values()];
}

function placed(reference) {
  return { ...reference, latlng: L.latLng(reference.latitude_deg, reference.longitude_deg) };
}
