// Sending the tip form: make its photos smaller, ask what the server wants first, do the work it asks for, then upload.

import { startCopying } from "../pages/tip_thanks.js";
import { BROKEN, gather, progress, Refusal, refusalOf, showPage, upload, whileSending } from "./uploading.js";
import { solve } from "./work.js";

/** Send what is in the form; the answer's page takes its place, or the reason is shown above it. */
export function send(form) {
  return whileSending(form, async () => {
    const fields = form.elements;
    const data = await gather(form, { time: fields.use_photo_time.checked, place: fields.use_photo_place.checked });
    progress(form, 0, "Asking whether it can be taken…");
    const { work, stamp, isSent } = await prepare(form, data.getAll("photos"));
    if (isSent) data.delete("photos"); // it came: only the answer was lost
    const address = new URL(form.action);
    address.searchParams.set("stamp", stamp);
    if (work) address.searchParams.set("work", work);
    form.action = address; // a second try is the same form, which makes one tip
    const request = await upload(form, address, data);
    if (request.status !== 201 && request.status !== 200) throw refusalOf(request);
    history.replaceState(null, "", "/tip/sent"); // loaded again, it is the same page
    showPage(request);
    startCopying();
  });
}

/** The stamp to send with, and the answer to the work, if any is asked for. */
async function prepare(form, files) {
  const query = new URLSearchParams({
    stamp: new URL(form.action).searchParams.get("stamp"),
    bytes: String(files.reduce((sum, file) => sum + file.size, 0)),
  });
  const answer = await fetch(`/tip/ready?${query}`, { headers: { Accept: "application/json" } }).catch(() => {
    throw new Refusal(BROKEN);
  });
  const ready = await answer.json().catch(() => ({}));
  if (!answer.ok || ready.refusal) throw new Refusal(ready.refusal || ready.detail || `The server refused it (status ${answer.status}).`);
  let work = "";
  if (ready.work_bits) {
    const words = "Many tips are coming in. Your device shows that it is no robot…";
    work = await solve(ready.challenge, ready.work_bits, (share) => progress(form, share, words));
  }
  await new Promise((resolve) => setTimeout(resolve, 1000 * ready.wait_s));
  return { work, stamp: ready.stamp, isSent: ready.is_sent };
}
