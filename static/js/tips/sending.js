// Sending the tip form: ask what the server wants first, do the work it asks for, then upload with
// progress. Chosen photos are kept when something has to be corrected.

import { solve } from "./work.js";

/** Send what is in the form; the answer's page takes its place, or the reason is shown above it. */
export async function send(form) {
  const button = form.querySelector("[data-send]");
  if (button.disabled) return;
  button.disabled = true;
  progress(form, 0, "Asking whether it can be taken…");
  try {
    const { work, stamp } = await prepare(form);
    const address = new URL(form.action);
    address.searchParams.set("stamp", stamp);
    if (work) address.searchParams.set("work", work);
    form.action = address; // a second try is the same form, which makes one tip
    show(form, await upload(form, address));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problem(form, error.message);
  }
}

class Refusal extends Error {}

const BROKEN = "The connection broke off. Nothing was lost here: try again.";

/** The stamp to send with, and the answer to the work, if any is asked for. */
async function prepare(form) {
  const files = [...form.elements.photos.files];
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
  return { work, stamp: ready.stamp };
}

function upload(form, address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const share = total ? loaded / total : 0;
      progress(form, share, share < 1 ? `Sending… ${Math.round(100 * share)} %` : "Sent. The photos are being read…");
    });
    request.addEventListener("error", () => reject(new Refusal(BROKEN)));
    request.addEventListener("load", () => resolve(request));
    request.open("POST", address);
    request.send(new FormData(form));
  });
}

function progress(form, share, words) {
  const bar = form.querySelector("[data-progress]");
  const said = form.querySelector("[data-progress-words]");
  bar.hidden = said.hidden = false;
  bar.value = share;
  if (said.textContent !== words) said.textContent = words;
}

/** The answer is a page: the thanks replace the form; a refusal is shown above it, photos stay. */
function show(form, request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  if (request.status === 201) {
    document.querySelector("main").replaceChildren(...page.querySelector("main").children);
    document.title = page.title;
    scrollTo(0, 0);
    document.querySelector("main").focus();
    return;
  }
  const said = page.querySelector("[data-tip-problem] [role=alert]") ?? page.querySelector("main .notice") ?? page.querySelector("main p, main h1");
  const reasons = [...page.querySelectorAll(".field-error")].map((one) => one.textContent.trim());
  problem(form, [said?.textContent.trim() ?? `The server refused it (status ${request.status}).`, ...reasons].join(" "));
}

function problem(form, text) {
  const box = document.createElement("div");
  box.className = "notice error";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  box.textContent = text;
  form.querySelector("[data-tip-problem]").replaceChildren(box);
  form.querySelector("[data-progress]").hidden = true;
  form.querySelector("[data-progress-words]").hidden = true;
  form.querySelector("[data-send]").disabled = false;
  box.scrollIntoView({ block: "center" });
  box.focus();
}
