// The exact numbers as a table that a screen reader can read; the same as data for whoever asks the page.
import {h} from "./dom.js";
import {shown} from "./format.js";

export class Table {
  constructor(page) {
    this.page = page; this.rows = new Map();
    this.body = h("tbody");
    this.el = h("table", {class: "numbers"}, h("caption", {}, page.common("numbers")), this.body);
  }
  show(numbers) {
    const names = Object.keys(numbers);
    if (!this.held && (names.length !== this.rows.size || names.some(name => !this.rows.has(name)))) {
      this.rows = new Map(names.map(name => [name, h("span")]));
      this.body.replaceChildren(...names.map(name => h("tr", {}, h("th", {scope: "row"}, this.page.word("numbers", name)), h("td", {}, this.rows.get(name)))));
    }
    this.read = names.map(name => ({name, shown: shown(numbers[name])}));
    const texts = new Map(this.read.map(({name, shown: text}) => [name, text]));
    for (const [name, cell] of this.rows) { const text = texts.get(name) ?? shown(null); if (cell.textContent !== text) cell.textContent = text; }
  }
  // While a hand moves nothing else does: rows stay where they are and as tall, and after it none is less tall.
  hold() {
    if (this.held) return;
    const rows = [...this.body.children], sizes = rows.map(row => [row.offsetWidth, row.offsetHeight]);
    rows.forEach((row, k) => { row.style.minWidth = `${sizes[k][0]}px`; row.style.height = `${sizes[k][1]}px`; });
    this.held = true; this.el.classList.add("held");
  }
  free() { this.held = false; this.el.classList.remove("held"); }
  // In another window rows have other heights.
  settle() { for (const row of this.body.children) row.style.minWidth = row.style.height = ""; }
}
