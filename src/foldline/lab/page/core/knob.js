// Knobs: fields of the state that have no place on a panel.
import {h} from "./dom.js";

const FINE = 100;
export const get = (state, path) => path.split(".").reduce((part, name) => part?.[name], state);
export function set(state, path, value) {
  const made = structuredClone(state), names = path.split("."), last = names.pop();
  names.reduce((part, name) => part[name], made)[last] = value;
  return made;
}
export class Knob {
  constructor(knob, page) {
    this.knob = knob; this.page = page; this.path = knob.path;
    const name = page.word("knobs", knob.path);
    this.input = this.made(knob, page.limits(knob.path));
    this.input.setAttribute("aria-label", name);
    this.el = h("label", {class: `knob ${knob.kind}`}, h("span", {}, name), this.input, this.echo ?? null);
  }
  made(knob, limits) {
    const put = value => this.page.put(set(this.page.state, this.path, value));
    if (knob.kind === "choice") return h("select", {onchange: event => put(event.target.value)}, ...knob.of.map(one => h("option", {value: one}, this.page.word("choices", one))));
    if (knob.kind === "switch") return h("input", {type: "checkbox", onchange: event => put(event.target.checked)});
    if (knob.kind === "list") return h("input", {type: "text", inputmode: "numeric", spellcheck: "false", onchange: event => { const list = event.target.value.split(/[\s,;]+/).filter(Boolean).map(Number); if (list.every(Number.isFinite)) put(list.length ? list : this.page.begin[this.path]); else this.show(this.page.state); }});
    const [lo, hi] = limits ?? [knob.lo, knob.hi];
    if (limits) {
      this.echo = h("output");
      return h("input", {type: "range", min: lo, max: hi, step: knob.kind === "whole" ? 1 : (hi - lo) / FINE, oninput: event => { this.page.slide(true); put(Number(event.target.value)); }, onchange: () => this.page.slide(false)});
    }
    return h("input", {type: "number", min: knob.lo, max: knob.hi, step: knob.kind === "whole" ? 1 : "any", onchange: event => { if (event.target.value !== "" && event.target.checkValidity()) put(Number(event.target.value)); else this.show(this.page.state); }});
  }
  show(state) {
    const value = get(state, this.path);
    if (this.knob.kind === "switch") this.input.checked = Boolean(value);
    else if (document.activeElement !== this.input || this.input.type === "range") this.input.value = Array.isArray(value) ? value.join(", ") : value ?? "";
    if (this.echo) this.echo.textContent = String(Number(Number(value).toPrecision(4)));
  }
}
