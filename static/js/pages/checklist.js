// The comparison checklist by keyboard: a digit answers a row and moves to the next one. Once
// anything is filled in, suitability and conclusion are needed, before the form is sent.

for (const list of document.querySelectorAll("[data-checklist]")) {
  const rows = [...list.querySelectorAll("[data-feature]")];
  list.addEventListener("keydown", (event) => answer(event, rows));
  list.addEventListener("input", () => demand(list));
}

function answer(event, rows) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=radio]), select, textarea")) return;
  const row = event.target.closest("[data-feature]");
  if (!row || !/^[0-3]$/.test(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  for (const radio of row.querySelectorAll("[type=radio]")) radio.checked = radio.dataset.digit === event.key;
  row.dispatchEvent(new Event("input", { bubbles: true }));
  rows[rows.indexOf(row) + 1]?.querySelector("[type=radio]").focus();
}

function demand(list) {
  const begun = list.querySelector(":checked[type=radio], [name=conclusion] option:checked:not([value=''])") !== null;
  for (const field of list.querySelectorAll("[data-needed] [type=radio], [data-needed] select")) field.required = begun;
}
