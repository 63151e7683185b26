"use strict";
// Tables with an id sort by a click on a heading; a stratum table filters by text and by what does not pass.
const value = (row, column) => {
  const cell = row.cells[column].textContent.trim().replace(/,/g, "").replace("−", "-");
  const number = parseFloat(cell);
  return Number.isNaN(number) ? cell.toLowerCase() : number;
};
for (const table of document.querySelectorAll("table[id]")) {
  table.querySelectorAll("th").forEach((heading, column) => {
    heading.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        const order = typeof x === typeof y ? (x > y ? 1 : x < y ? -1 : 0) : typeof x === "number" ? 1 : -1;
        return down ? -order : order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
const narrow = (id) => {
  const words = document.querySelector(`[data-filters="${id}"]`).value.toLowerCase().split(/\s+/).filter(Boolean);
  const failing = document.querySelector(`[data-only-failing="${id}"]`).checked;
  let shown = 0;
  for (const row of document.getElementById(id).tBodies[0].rows) {
    const name = row.cells[0].textContent.toLowerCase();
    const verdict = row.cells[1].textContent.trim();
    row.hidden = !words.every((word) => name.includes(word)) || (failing && (verdict === "PASS" || verdict === ""));
    shown += row.hidden ? 0 : 1;
  }
  document.querySelector(`[data-count="${id}"]`).textContent = `${shown} strata`;
};
for (const input of document.querySelectorAll("[data-filters], [data-only-failing]")) {
  const id = input.dataset.filters || input.dataset.onlyFailing;
  input.addEventListener("input", () => narrow(id));
}
