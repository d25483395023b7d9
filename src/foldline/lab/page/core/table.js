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
    if (names.length !== this.rows.size || names.some(name => !this.rows.has(name))) {
      this.rows = new Map(names.map(name => [name, h("td")]));
      this.body.replaceChildren(...names.map(name => h("tr", {}, h("th", {scope: "row"}, this.page.word("numbers", name)), this.rows.get(name))));
    }
    this.read = names.map(name => ({name, shown: shown(numbers[name])}));
    this.read.forEach(({name, shown: text}) => { const cell = this.rows.get(name); if (cell.textContent !== text) cell.textContent = text; });
  }
}
