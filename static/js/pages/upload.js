// A recording can be gigabytes long: its upload shows how far it is, and what the server is doing then.

const form = document.querySelector("[data-upload]");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.reportValidity()) send();
});

function send() {
  const bar = form.querySelector("progress");
  const words = form.querySelector("[data-upload-words]");
  const request = new XMLHttpRequest();
  bar.hidden = false;
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total ? loaded / total : 0;
    words.textContent = loaded < total ? `${megabytes(loaded)} of ${megabytes(total)} sent` : "Sent; the recording is being checked…";
  });
  request.addEventListener("error", () => { words.textContent = "The connection broke off; nothing was saved. Try again."; });
  request.addEventListener("load", () => show(request));
  request.open("POST", form.action);
  request.send(new FormData(form));
}

/** The server answers with a page: the camera's (all is well), or the form with what is wrong. */
function show(request) {
  if (request.status < 400) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const problem = page.querySelector("[role=alert]") ?? page.querySelector("main h1");
  form.querySelector("progress").hidden = true;
  form.querySelector("[data-upload-words]").textContent = problem?.textContent.trim() || `The server refused it (status ${request.status}).`;
  for (const button of form.querySelectorAll("button")) button.disabled = false;
}

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 1 : 0)} MiB`;
}
