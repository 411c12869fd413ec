// The import page keeps the chosen file in hand between the check and the import: the form is sent
// in the background and only the report is replaced. Where the answer has a page of its own, that
// is opened.

const form = document.querySelector("[data-import]");
const busy = document.getElementById("import-busy");

let underWay = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (underWay || !form.reportValidity()) return;
  underWay = true;
  const answer = await send(new FormData(form, event.submitter));
  underWay = false;
  // The page disables pressed buttons for some seconds; the answer is here, they may be pressed.
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  if (!answer) return;
  const page = new DOMParser().parseFromString(answer, "text/html");
  const report = page.getElementById("import-report");
  if (report) document.getElementById("import-report").replaceWith(report);
  else busy.textContent = page.querySelector("main")?.textContent.trim().slice(0, 300) ?? "The server refused it.";
});

async function send(body) {
  busy.textContent = "Reading the file … a large one may take a minute.";
  try {
    const answer = await fetch(form.action || location.href, { method: "POST", body });
    busy.textContent = "";
    if (answer.redirected) {
      location.assign(answer.url);
      return null;
    }
    return await answer.text();
  } catch {
    busy.textContent = "The server does not answer; try again.";
    return null;
  }
}
