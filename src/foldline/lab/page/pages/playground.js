// The playground: own data, training that is watched live, back to any kept step, compared, saved.
import {h} from "../core/dom.js";
import {filled} from "../core/decode.js";
import {save} from "../core/export.js";
import {shown} from "../core/format.js";
import {MARKS, Plot} from "../core/plot.js";
import {Table} from "../core/table.js";
import {common, words} from "../strings.js";

const SETUP = {hidden: [12, 12], activation: ["relu", "relu"], loss: "usual", optimiser: "adam", rate: 0.02, batch: 0, seed: 0, aside: 0.2};
const UNITS = ["relu", "leaky_relu", "abs", "identity"];
const CHOICES = {loss: ["usual", "squared", "absolute", "cross_entropy"], optimiser: ["adam", "sgd", "muon"]};
const FORMS = {made: ["name", "n", "seed"], csv: ["csv", "target", "file"], drawn: ["label"], formula: ["text", "inputs", "lo", "hi"]};
const word = (what, name) => words("playground", what, name);

class Play {
  constructor(model, el) {
    Object.assign(this, {model, root: el, facts: model.get("facts"), slug: "playground", presents: false, look: {}, drawn: [], number: 0, frames: [], busy: false});
    this.data = {kind: "made", name: "spirals", n: 300, seed: 0, text: "sin(3*x1) + x2^2", inputs: 2, lo: -1, hi: 1, csv: "x1,x2,kind\n0,0,a\n0,1,b\n1,0,b\n1,1,a\n", target: "", label: 0};
    this.setup = {...SETUP};
    this.every = 2;
    const X = () => (this.scene ? [this.scene.window[0], this.scene.window[this.scene.inputs]] : [-2, 2]);
    const Y = () => (!this.scene ? [-2, 2] : this.scene.inputs === 2 ? [this.scene.window[1], this.scene.window[3]] : this.reach());
    this.plane = new Plot({key: "plane", plain: true, x: X, y: Y, aspect: 0.72, moves: true, wide: true, draw: plot => this.paint(plot)}, this);
    this.loss = new Plot({key: "loss", wide: true, aspect: 0.16, moves: true, log: "y", x: () => [0, Math.max(1, this.last?.step ?? 1)], y: () => this.spread(), draw: plot => plot.line(this.curve(), {colour: 0})}, this);
    this.plots = [this.plane, this.loss];
    this.table = new Table(this);
    this.note = h("p", {class: "warning", role: "status"});
    this.matrix = h("div");
    const dark = matchMedia("(prefers-color-scheme: dark)"), dress = () => { this.dark = dark.matches; this.facts.colours[this.dark ? "dark" : "light"].forEach((colour, k) => el.style.setProperty(`--s${k}`, colour)); this.draw(); };
    dark.addEventListener("change", dress);
    this.build();
    dress();
    model.on("msg:custom", (message, views) => this.hear(filled(message, views)));
    model.on("lost", () => { this.note.textContent = common("lost"); });
    this.plane.svg.addEventListener("click", event => this.dot(event));
    new ResizeObserver(() => { this.plots.forEach(plot => plot.layout()); this.draw(); }).observe(this.body);
    globalThis.addEventListener("pagehide", () => model.close?.());
    this.begin();
  }
  word(what, name) { return word(what, name); }
  common(name) { return common(name); }
  axis(panel, axis) { if (panel !== "plane" || !this.scene) return words("playground", "axes", `${panel}.${axis}`, null); const {names, inputs} = this.scene; return axis === "x" ? names[0] : inputs === 2 ? names[1] : "y"; }
  // What goes to the library: one thing at a time, the newest last.
  send(message) { this.number += 1; this.busy = true; this.model.send({...message, id: this.number}); this.publish(); }
  begin() {
    const {kind} = this.data, data = kind === "drawn" ? {kind, rows: this.drawn} : kind === "csv" ? {kind, text: this.data.csv, target: this.data.target} : this.data;
    this.send({kind: "play", data, setup: this.setup});
  }
  train(steps) { this.training = true; this.send({kind: "train", every: this.every, ...(steps ? {steps, every: 1} : {})}); this.refresh(); }
  stop() { this.model.send({kind: "stop"}); }
  hear(message) {
    if (message.kind === "error") { this.note.textContent = message.text; this.rest(); return; }
    if (message.kind === "file") { save(message.name, new Blob([message.bytes]), "application/octet-stream"); this.rest(); return; }
    if (message.kind === "scene") { this.scene = message; this.note.textContent = ""; this.plots.forEach(plot => plot.layout()); }
    if (message.look) { this.last = message.look; this.ask(); }
    if (message.kind !== "look") this.rest();
  }
  rest() { this.busy = false; this.training = false; this.refresh(); this.publish(); }
  // The newest look is drawn when the screen is ready for one; those between are left out.
  ask() { if (!this.asked) { this.asked = true; requestAnimationFrame(() => { this.asked = false; this.draw(); this.frames.push(performance.now()); this.publish(); }); } }
  draw() {
    if (!this.last || !this.scene) return;
    const {confusion, ...numbers} = this.last.numbers;
    this.plots.forEach(plot => plot.draw(this.last.shown, {}, null));
    this.table.show(numbers);
    this.confuse(confusion);
    this.time.max = this.last.shown.kept[this.last.shown.kept.length - 1] ?? 0;
    if (document.activeElement !== this.time) this.time.value = this.last.step;
    this.refresh();
  }
  paint(plot) {
    const {scene, last: {shown: now}} = this;
    if (now.paths) {
      plot.dots(scene.points, {colour: k => scene.labels[k], size: 3});
      now.paths.forEach((path, k) => { plot.line(path, {colour: scene.classes.length ? k : 1, width: 2.4}); plot.dots(path.slice(1, -1), {size: 2.4}); });
      return;
    }
    const shades = this.facts.colours.ramps.level, top = shades.length / 3 - 1;
    const tint = i => { const k = 3 * Math.round(now.share[i] * top); return `rgb(${shades[k]},${shades[k + 1]},${shades[k + 2]})`; };
    plot.cells(now.cells, now.classes ? i => plot.colour(now.classes[i]) : tint, {alpha: now.classes ? 0.4 : 0.9, width: 0.5});
    plot.dots(scene.points, {colour: scene.classes.length ? k => scene.labels[k] : "ink", shape: k => MARKS[scene.labels[k] % MARKS.length], size: scene.points.length > 400 ? 2.6 : 4});
    this.drawn.forEach(([x, y, label]) => { if (this.data.kind === "drawn") plot.dots([[x, y]], {colour: label, shape: MARKS[label], size: 5}); });
  }
  reach() { const [low, high] = this.scene.range, pad = 0.15 * (high - low || 1); return [low - pad, high + pad]; }
  curve() { return Array.from(this.last.shown.losses).filter(([, loss]) => loss > 0); }
  spread() { const all = this.last ? this.curve().map(([, loss]) => loss) : []; return all.length ? [Math.min(...all) / 2, Math.max(...all) * 2] : [0.01, 10]; }
  confuse(matrix) {
    if (!matrix) { this.matrix.replaceChildren(); return; }
    const {classes} = this.scene;
    this.matrix.replaceChildren(h("table", {class: "numbers confusion"}, h("caption", {}, word("notes", "confusion")), h("thead", {}, h("tr", {}, h("td"), ...classes.map(name => h("th", {scope: "col"}, name)))), h("tbody", {}, ...Array.from(matrix, (row, k) => h("tr", {}, h("th", {scope: "row"}, classes[k]), ...Array.from(row, count => h("td", {}, shown(count))))))));
  }
  dot(event) {
    if (this.data.kind !== "drawn") return;
    const box = this.plane.svg.getBoundingClientRect(), [x, y] = this.plane.from(event.clientX - box.left, event.clientY - box.top);
    this.drawn.push([x, y, Number(this.data.label)]);
    this.draw();
    if (new Set(this.drawn.map(one => one[2])).size > 1) this.begin();
  }
  publish() { globalThis.foldline = {slug: this.slug, busy: this.busy, training: Boolean(this.training), step: this.last?.step, numbers: this.table.read ?? [], frames: this.frames, warning: this.note.textContent, setup: this.setup, cells: this.last?.shown.cells ? Array.from(this.last.shown.cells.vertices) : null, classes: this.scene?.classes}; }
  // The page's parts.
  build() {
    const button = (name, act, look = "") => h("button", {type: "button", class: look, onclick: act}, word("buttons", name));
    this.body = h("div", {class: "panels"}, this.plane.el, this.loss.el);
    this.go = button("train", () => (this.training ? this.stop() : this.train()), "primary");
    this.time = h("input", {type: "range", min: 0, max: 0, step: 1, "aria-label": word("knobs", "time"), oninput: event => this.send({kind: "rewind", step: Number(event.target.value)})});
    const bar = h("div", {class: "playbar"}, this.go, button("one", () => this.train(1)), button("restart", () => this.begin()), h("label", {class: "knob whole"}, h("span", {}, word("knobs", "time")), this.time));
    this.form = h("div", {class: "knobs"});
    this.units = h("div", {class: "knobs"});
    this.layers();
    this.root.classList.add("fl");
    this.root.replaceChildren(
      h("header", {class: "bar"}, h("a", {class: "home", href: "/"}, "foldline lab")),
      h("main", {}, h("h1", {}, this.facts.title), this.note, bar, h("div", {class: "desk"}, h("div", {}, this.body, h("div", {class: "groups"},
        this.group("data", this.form, button("begin", () => this.begin())), this.group("setup", ...Object.keys(SETUP).map(name => (name === "activation" ? this.units : this.knob(this.setup, name, () => { this.layers(); this.begin(); }))), this.knob(this, "every", () => {})),
        this.group("compare", button("keep", () => this.send({kind: "keep"})), this.file("network", ".safetensors,.onnx,.npz,.nnet", (bytes, suffix) => this.send({kind: "load", suffix, bytes})), ...["safetensors", "onnx"].map(kind => button(kind, () => this.send({kind: "save", suffix: kind}))), button("python", () => this.python())))), h("aside", {"aria-label": common("aside")}, this.table.el, this.matrix))));
    this.fill();
  }
  group(name, ...parts) { return h("section", {class: "group"}, h("h2", {}, word("groups", name)), ...parts); }
  fill() {
    const kind = h("select", {"aria-label": word("knobs", "kind"), onchange: event => { this.data.kind = event.target.value; this.fill(); }}, ...Object.keys(FORMS).map(one => h("option", {value: one, selected: one === this.data.kind}, word("data", one))));
    const parts = FORMS[this.data.kind].map(name => (name === "csv" ? h("label", {class: "knob"}, h("span", {}, word("knobs", "csv")), h("textarea", {rows: 6, spellcheck: "false", onchange: event => { this.data.csv = event.target.value; }}, this.data.csv)) : name === "file" ? this.csv() : this.knob(this.data, name, () => {})));
    this.form.replaceChildren(h("label", {class: "knob"}, h("span", {}, word("knobs", "kind")), kind), ...parts, this.data.kind === "drawn" ? h("p", {class: "soft"}, word("notes", "drawing")) : "");
  }
  knob(owner, name, then) {
    const value = owner[name], of = name === "name" ? ["moons", "rings", "spirals", "blobs"] : CHOICES[name];
    const put = next => { owner[name] = next; then(); };
    if (of) return this.choice(of, value, word("knobs", name), put);
    const input = h("input", {type: typeof value === "number" ? "number" : "text", step: "any", value: Array.isArray(value) ? value.join(", ") : value, onchange: event => put(Array.isArray(value) ? event.target.value.split(/[\s,;]+/).filter(Boolean).map(Number) : typeof value === "number" ? Number(event.target.value) : event.target.value)});
    return h("label", {class: `knob${typeof value === "number" ? "" : " list"}`}, h("span", {}, word("knobs", name)), input);
  }
  // A knob a layer for its units; new layers take the last one's.
  layers() {
    const {setup} = this, each = setup.hidden.map((_, k) => setup.activation[Math.min(k, setup.activation.length - 1)]);
    if (each.length) setup.activation = each;
    if (this.units.childElementCount === each.length) return;
    this.units.replaceChildren(...each.map((value, k) => this.choice(UNITS, value, `${word("knobs", "activation")} ${k + 1}`, next => { setup.activation[k] = next; this.begin(); })));
  }
  choice(names, value, label, put) {
    return h("label", {class: "knob"}, h("span", {}, label), h("select", {"aria-label": label, onchange: event => put(event.target.value)}, ...names.map(one => h("option", {value: one, selected: one === value}, word("choices", one)))));
  }
  csv() { return h("label", {class: "knob list"}, h("span", {}, word("knobs", "file")), h("input", {type: "file", accept: ".csv,.tsv,.txt", onchange: async event => { this.data.csv = await event.target.files[0].text(); this.fill(); this.begin(); }})); }
  file(name, accept, then) {
    return h("label", {class: "knob list"}, h("span", {}, word("knobs", name)), h("input", {type: "file", accept, onchange: async event => { const [one] = event.target.files, bytes = new Uint8Array(await one.arrayBuffer()); let text = ""; for (const b of bytes) text += String.fromCharCode(b); then(btoa(text), one.name.split(".").pop().toLowerCase()); }}));
  }
  refresh() { this.go.textContent = word("buttons", this.training ? "stop" : "train"); }
  async python() {
    const text = `import foldline as fl\n\nnetwork = fl.read("network.safetensors")  # as saved here\nprint(network.hidden, fl.regions(network, fl.Box(${JSON.stringify(Array.from(this.scene.window.slice(0, this.scene.inputs)))}, ${JSON.stringify(Array.from(this.scene.window.slice(this.scene.inputs)))})))\n`;
    try { await navigator.clipboard.writeText(text); this.note.textContent = common("copied"); } catch { this.note.textContent = text; }
  }
}
export function render({model, el}) { const page = new Play(model, el); return () => page.model.close?.(); }
