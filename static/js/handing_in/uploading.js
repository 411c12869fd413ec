// Sending a form with photos by script: made smaller first, with progress, and keeping what was chosen when something has
// to be corrected. The form holds `data-progress`, `data-progress-words`, `data-problem` and `data-send`.

import { settled } from "./previews.js";
import { shrunk } from "./shrinking.js";

/** What is told to whoever sent; the form stays as it is. */
export class Refusal extends Error {}

export const BROKEN = "The connection broke off. Nothing that you entered is lost: try again.";
const UNFORESEEN = "Something went wrong on this page. Nothing that you entered is lost: try again.";
const STALLED_MS = 90_000; // nothing went out or came in for so long: the connection is dead

/** Ask before the page is left, as by pulling it down, with what was typed or chosen and not sent. */
export function warnBeforeLoss(form) {
  let isTouched = false;
  form.addEventListener("input", () => { isTouched = true; });
  addEventListener("submit", (event) => { if (!event.defaultPrevented) isTouched = false; });
  addEventListener("beforeunload", (event) => { if (isTouched && form.isConnected) event.preventDefault(); });
}

/** Run `act` once at a time; a Refusal of it is shown above the form. */
export async function whileSending(form, act) {
  const button = form.querySelector("[data-send]");
  if (button.disabled) return;
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    problem(form, error instanceof Refusal ? error.message : UNFORESEEN);
    if (!(error instanceof Refusal)) throw error;
  }
}

/** What the form holds, its photos made smaller; `keep` says whether with their time and place. */
export async function gather(form, keep) {
  await settled(form);
  const data = new FormData(form);
  const files = data.getAll("photos").filter((file) => file.size);
  data.delete("photos");
  for (const [index, file] of files.entries()) {
    progress(form, index / files.length, "Making the photos smaller…");
    data.append("photos", await shrunk(file, keep));
  }
  return data;
}

/** The finished request, whatever its status. Rejects with a Refusal when the connection breaks. */
export function upload(form, address, data) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watch = setTimeout(() => request.abort(), STALLED_MS);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), STALLED_MS);
      const share = total ? loaded / total : 0;
      progress(form, share, share < 1 ? `Sending… ${Math.round(100 * share)} %` : "Sent. The photos are being read…");
    });
    for (const end of ["error", "abort"]) request.addEventListener(end, () => reject(new Refusal(BROKEN)));
    request.addEventListener("loadend", () => clearTimeout(watch));
    request.addEventListener("load", () => resolve(request));
    request.open("POST", address);
    request.send(data);
  });
}

export function progress(form, share, words) {
  const bar = form.querySelector("[data-progress]");
  const said = form.querySelector("[data-progress-words]");
  bar.hidden = said.hidden = false;
  bar.value = share;
  if (said.textContent !== words) said.textContent = words;
}

/** The answer's page, in place of this one. */
export function showPage(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.querySelector("main").replaceChildren(...page.querySelector("main").children);
  const flashes = page.querySelector(".flashes");
  if (flashes) document.querySelector("main").before(flashes);
  document.title = page.title;
  scrollTo(0, 0);
  document.querySelector("main").focus();
}

/** Why the answer's page says that it was refused, with the reasons of single fields. */
export function refusalOf(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const said = page.querySelector("[data-problem] [role=alert]") ?? page.querySelector("main .notice") ?? page.querySelector("main p, main h1");
  const sentence = said?.textContent.trim() ?? `The server refused it (status ${request.status}).`;
  const reasons = [...page.querySelectorAll(".field-error")].filter((one) => !sentence.includes(one.textContent.trim()));
  return new Refusal([sentence, ...reasons.map(reasonOf)].join(" "));
}

function reasonOf(element) {
  const label = element.closest(".field")?.querySelector("label:not(.button)")?.firstChild?.textContent.trim();
  return `${label ? `${label}: ` : ""}${element.textContent.trim().replace(/\.$/, "")}.`;
}

function problem(form, text) {
  const box = document.createElement("div");
  box.className = "notice error";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  box.textContent = text;
  form.querySelector("[data-problem]").replaceChildren(box);
  form.querySelector("[data-progress]").hidden = true;
  form.querySelector("[data-progress-words]").hidden = true;
  form.querySelector("[data-send]").disabled = false;
  box.scrollIntoView({ block: "center" });
  box.focus();
}
