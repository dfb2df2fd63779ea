"use strict";

// Charts follow the width of their places; without the runtime their tables still tell all.
const specs = JSON.parse(document.getElementById("specs").textContent);
for (const place of document.querySelectorAll("[data-chart]")) {
  // Vega warns of scales whose data has not come yet, at every start; errors are told all the same.
  const options = { actions: false, renderer: "svg", logLevel: 1 };
  vegaEmbed(place, specs[place.dataset.chart], options).then(
    () => place.setAttribute("data-drawn", ""),
    (error) => console.error(place.dataset.chart, error),
  );
}

// The file cannot know when it is read, so the reader's clock gives the age. For fresh data, D-1 is
// yesterday in UTC.
const age = document.getElementById("age");
if (age) {
  const today = new Date();
  const day = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  const days = Math.round((day - Date.parse(age.dataset.d1)) / 86400000);
  if (days > 1) {
    age.textContent = `Old figures: the data ends ${days} days ago.`;
    age.hidden = false;
  }
}

// A cell sorts by `data-value` where it has one, else by its text. Unknown figures stand last.
function sortKey(row, column) {
  const cell = row.cells[column];
  if (!("value" in cell.dataset)) return cell.textContent.trim();
  if (cell.dataset.value === "") return null;
  const number = Number(cell.dataset.value);
  return Number.isNaN(number) ? cell.dataset.value : number;
}

function compare(a, b, direction) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a === "string" && typeof b === "string") return direction * a.localeCompare(b);
  return direction * (a < b ? -1 : a > b ? 1 : 0);
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const header = button.parentElement;
    const table = header.closest("table");
    const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const column = header.cellIndex;
    rows.sort((a, b) => compare(sortKey(a, column), sortKey(b, column), direction));
    body.append(...rows);
  });
}

// A filter shows the rows that hold the words it asks for and that have the chosen values.
for (const filters of document.querySelectorAll(".filters")) {
  const rows = [...document.getElementById(filters.dataset.table).tBodies[0].rows];
  const output = filters.querySelector("output");
  const apply = () => {
    const words = filters.querySelector("input").value.toLowerCase().split(/\s+/);
    const choices = [...filters.querySelectorAll("select")].filter((select) => select.value);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden =
        !words.every((word) => text.includes(word)) ||
        !choices.every((select) => row.dataset[select.name] === select.value);
      shown += !row.hidden;
    }
    output.textContent = `${shown} of ${rows.length} rows shown`;
  };
  filters.addEventListener("input", apply);
  apply();
}
