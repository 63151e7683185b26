"use strict";
// Tables with an id sort by the buttons in their heads; tables of strata narrow by text, by what slices them and by verdict.
const value = (row, column) => {
  const cell = row.cells[column].textContent.trim().replace(/,/g, "").replace("−", "-");
  const number = parseFloat(cell);
  return Number.isNaN(number) ? cell.toLowerCase() : number;
};
const isNothing = (found) => found === "" || found === "–";
const inOrder = (x, y, down) => {
  if (isNothing(x) || isNothing(y)) return isNothing(x) - isNothing(y);
  const order = typeof x === typeof y ? (x > y) - (x < y) : typeof x === "number" ? -1 : 1;
  return down ? -order : order;
};
for (const table of document.querySelectorAll("table[id]")) {
  table.querySelectorAll("thead th").forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
      keyed.sort((a, b) => inOrder(a[0], b[0], down));
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    });
  });
}
const narrow = (id) => {
  const of = (kind) => document.querySelector(`[data-${kind}="${id}"]`);
  const words = of("filters").value.toLowerCase().split(/\s+/).filter(Boolean);
  const group = of("group-of").value;
  const failing = of("only-failing")?.checked;
  let shown = 0;
  for (const row of document.getElementById(id).tBodies[0].rows) {
    const name = row.cells[0].textContent.toLowerCase();
    const passes = failing && ["PASS", ""].includes(row.cells[1].textContent.trim());
    row.hidden = passes || !words.every((word) => name.includes(word)) || (group !== "" && row.dataset.group !== group);
    shown += row.hidden ? 0 : 1;
  }
  of("count").textContent = `${shown.toLocaleString("en")} strata`;
};
for (const input of document.querySelectorAll("[data-filters], [data-group-of], [data-only-failing]")) {
  const { filters, groupOf, onlyFailing } = input.dataset;
  input.addEventListener("input", () => narrow(filters || groupOf || onlyFailing));
}
const unfold = () => {
  const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted) wanted.querySelector("details").open = true;
};
addEventListener("hashchange", unfold);
unfold();
