// One panel: axes in SVG, marks over them, and a canvas below for thousands of polygons and for pictures.
import {h, s} from "./dom.js";
import {short} from "./format.js";
import {words} from "../strings.js";

const TICKS = 5, MANY = 250, NARROW = 560, EVEN = 2.5; // sides beyond that share are other quantities, with a scale each
const GRIDDED = new Set(["sampled", "missed"]), MISSED = "#ff00c8"; // what a legend names while the grid is shown alone
const paintOf = colour => (typeof colour === "number" ? `var(--s${colour % 6})` : colour?.startsWith?.("#") ? colour : colour ? `var(--${colour})` : "none");
const path = points => { let d = ""; for (let k = 0; k < points.length; k++) d += `${k ? "L" : "M"}${points[k][0].toFixed(2)} ${points[k][1].toFixed(2)}`; return d; };

export const DARK = "#1d2127"; // on the regions' colours, which are as light in the dark

export class Plot {
  constructor(spec, page) {
    this.spec = spec; this.page = page; this.key = spec.key;
    this.canvas = h("canvas", {"aria-hidden": "true"});
    this.grid = s("g", {class: "axes", "aria-hidden": "true"});
    this.marks = s("g", {class: "marks"});
    this.handles = s("g", {class: "handles"});
    this.svg = s("svg", {role: "group", "aria-label": this.title}, this.grid, this.marks, this.handles);
    this.legend = h("figcaption");
    this.stage = h("div", {class: "stage"}, this.canvas, this.svg);
    this.el = h("figure", {class: `panel${spec.wide ? " wide" : ""}${spec.small ? " small" : ""}${spec.third ? " third" : ""}${spec.four ? " four" : ""}`}, h("h2", {}, this.title), this.stage, this.legend);
    if (spec.legend) this.legend.append(...spec.legend.map(([colour, name, kind]) => h("span", {class: GRIDDED.has(name) ? "key gridded" : "key"}, swatch(colour, kind), page.word("legend", name))));
    this.clouds = new WeakMap();
    this.clipName = `clip-${spec.key}-${Math.random().toString(36).slice(2)}`;
  }
  // What an axis is called: by the page's words, or by what is shown.
  axis(axis) { return this.spec.axes?.(axis, this.shown ?? {}) ?? this.page.axis(this.key, axis); }
  // A legend that is known once there are data.
  kinds(entries) {
    const drawn = JSON.stringify(entries);
    if (drawn !== this.told) this.legend.replaceChildren(...entries.map(([colour, name, kind]) => h("span", {class: "key"}, swatch(colour, kind), name)));
    this.told = drawn;
  }
  get title() { return this.page.word("panels", this.spec.key); }
  get font() { return this.page.presents ? 24 : 13; }
  // What room there is, asked of the browser when that may have changed: asking while drawing would lay the page out twice.
  layout() {
    this.room = {width: this.stage.clientWidth || 400, most: this.page.presents ? this.page.room(this) : Infinity};
    this.fit();
  }
  // Sizes follow the panel's width, so that nothing moves while a number changes.
  fit() {
    const {width, most} = this.room, f = this.font, bare = this.spec.bare;
    const margin = bare ? {left: 6, right: 6, top: 6, bottom: 6} : {left: (this.axis("y") ? 4.6 : 3.4) * f, right: 1.1 * f, top: 0.8 * f, bottom: (this.axis("x") ? 3.1 : 1.9) * f};
    const [x0, x1] = this.span("x"), [y0, y1] = this.span("y");
    const inner = width - margin.left - margin.right;
    const even = (y1 - y0) / (x1 - x0), square = this.spec.square && even <= EVEN && even >= 1 / EVEN;
    let tall = square ? inner * even : Math.max(inner * this.aspect(width), (this.spec.third ? 5 : this.spec.bare ? 8 : 9) * f);
    let across = inner;
    const high = most - margin.top - margin.bottom;
    if (tall > high) { if (square) across = high * (x1 - x0) / (y1 - y0); tall = high; }
    const shift = (inner - across) / 2, height = tall + margin.top + margin.bottom, dpr = Math.min(globalThis.devicePixelRatio || 1, 2);
    Object.assign(this, {left: margin.left + shift, top: margin.top, inner: [across, tall]});
    if (width === this.width && height === this.height && dpr === this.dpr) return;
    Object.assign(this, {width, height, dpr});
    this.stage.style.height = `${height}px`;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.canvas.width = Math.round(width * dpr); this.canvas.height = Math.round(height * dpr);
  }
  // A wide panel is taller where there is little width: a strip of a phone's would tell nothing.
  aspect(width) { const given = width > NARROW ? this.spec.aspect ?? 0.62 : this.spec.narrow ?? this.spec.aspect ?? 0.62; return width > NARROW || this.spec.third ? given : Math.max(given, Math.min(0.55, 1.8 * given)); }
  span(axis) {
    const given = this.spec[axis];
    return typeof given === "function" ? given(this.shown ?? {}) : given;
  }
  // Data -> pixels, and back.
  px(x) { return this.left + this.inner[0] * share(x, this.x, this.spec.log?.includes("x")); }
  py(y) { return this.top + this.inner[1] * (1 - share(y, this.y, this.spec.log?.includes("y"))); }
  at([x, y]) { return [this.px(x), this.py(y)]; }
  from(px, py) {
    return [unshare((px - this.left) / this.inner[0], this.x, this.spec.log?.includes("x")), unshare(1 - (py - this.top) / this.inner[1], this.y, this.spec.log?.includes("y"))];
  }
  draw(shown, state, overlay) {
    this.shown = shown;
    if (!this.room) this.layout(); else if (this.spec.moves) this.fit();
    this.x = this.span("x"); this.y = this.span("y");
    this.axes();
    // Drawn by the CPU: a graphics card's driver takes longer for thousands of polygons, and a second for one in software.
    const ink = this.ink ?? this.canvas.getContext("2d", {willReadFrequently: true});
    ink.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    ink.clearRect(0, 0, this.width, this.height);
    this.ink = ink;
    this.made = [];
    this.spec.draw(this, shown, state, overlay);
    this.marks.replaceChildren(...this.made);
  }
  // Axes stay until something of them changes.
  axes() {
    const key = JSON.stringify([this.x, this.y, this.width, this.inner, this.font, this.axis("x"), this.axis("y")]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.marks.setAttribute("clip-path", this.spec.bare ? "" : `url(#${this.clipName})`);
    const made = [s("clipPath", {id: this.clipName}, s("rect", {x: this.left, y: this.top - 1, width: this.inner[0], height: this.inner[1] + 2}))];
    if (!this.spec.bare) {
      const f = this.font, bottom = this.top + this.inner[1], right = this.left + this.inner[0];
      for (const v of this.named() ?? ticks(this.x, this.inner[0] / (6 * f), this.spec.log?.includes("x"), this.spec.whole?.includes("x"))) {
        const x = this.px(v);
        if (!this.spec.plain) made.push(s("line", {class: "grid", x1: x, x2: x, y1: this.top, y2: bottom}));
        made.push(s("text", {x, y: bottom + 1.3 * f, "text-anchor": "middle", class: "tick"}, this.name("x", v)));
      }
      for (const v of ticks(this.y, this.inner[1] / (3 * f), this.spec.log?.includes("y"), this.spec.whole?.includes("y"))) {
        const y = this.py(v);
        if (!this.spec.plain) made.push(s("line", {class: "grid", x1: this.left, x2: right, y1: y, y2: y}));
        made.push(s("text", {x: this.left - 0.5 * f, y: y + 0.35 * f, "text-anchor": "end", class: "tick"}, this.name("y", v)));
      }
      const [across, up] = ["x", "y"].map(axis => this.axis(axis));
      if (across) made.push(s("text", {x: this.left + this.inner[0] / 2, y: bottom + 2.7 * f, "text-anchor": "middle", class: "axis"}, across));
      if (up) made.push(s("text", {x: 0, y: 0, transform: `translate(${this.left - 3.8 * f} ${this.top + this.inner[1] / 2}) rotate(-90)`, "text-anchor": "middle", class: "axis"}, up));
      made.push(s("rect", {class: "frame", x: this.left, y: this.top, width: this.inner[0], height: this.inner[1]}));
    }
    this.grid.replaceChildren(...made);
  }
  // Names along x, where all of them have room beside each other.
  named() {
    if (!this.spec.ticks?.x || !this.spec.whole?.includes("x")) return null;
    const [a, b] = this.x, first = Math.ceil(a), all = Array.from({length: Math.floor(b) - first + 1}, (_, k) => first + k).filter(v => this.name("x", v)), longest = Math.max(...all.map(v => this.name("x", v).length));
    return Math.abs(this.px(1) - this.px(0)) > (0.52 * longest + 0.3) * this.font ? all : null;
  }
  name(axis, v) { return this.spec.ticks?.[axis]?.(v) ?? short(v); }
  // Marks. Colours: a number is a series, a word a colour of the theme.
  line(points, {colour = "ink", width = 2, dash, opacity, title} = {}) {
    const places = Array.from(points, p => this.at(p));
    this.made.push(s("path", {d: path(places), fill: "none", stroke: paintOf(colour), "stroke-width": width * this.font / 13, "stroke-dasharray": dash?.split(" ").map(part => part * this.font / 13).join(" "), "stroke-opacity": opacity, "stroke-linejoin": "round", "stroke-linecap": "round"}, title ? s("title", {}, title) : null));
  }
  // Many short lines as one mark.
  lines(pairs, {colour = "ink", width = 2} = {}) {
    let d = "";
    for (const pair of pairs) d += path(Array.from(pair, p => this.at(p)));
    this.made.push(s("path", {d, fill: "none", stroke: paintOf(colour), "stroke-width": width * this.font / 13, "stroke-linecap": "round"}));
  }
  area(points, {colour = 0, opacity = 0.22, stroke, width = 1, title} = {}) {
    this.made.push(s("path", {d: `${path(Array.from(points, p => this.at(p)))}Z`, fill: paintOf(colour), "fill-opacity": opacity, stroke: stroke === undefined ? "none" : paintOf(stroke), "stroke-width": width}, title ? s("title", {}, title) : null));
  }
  dots(points, {colour = "ink", size = 4, shape = "circle", hollow = false, title} = {}) {
    if (points.length > MANY) { this.cloud(points, {colour, size, shape}); return; }
    points.forEach?.((p, k) => {
      const of = typeof colour === "function" ? colour(k) : colour, [x, y] = this.at(p), r = size * this.font / 13;
      const form = typeof shape === "function" ? shape(k) : shape;
      const look = {fill: hollow ? "var(--paper)" : paintOf(of), stroke: hollow ? paintOf(of) : "var(--paper)", "stroke-width": hollow ? 2 : 1};
      this.made.push(s("path", {d: SHAPES[form](x, y, r), ...look}, title ? s("title", {}, title(k)) : null));
    });
  }
  // Many dots, on the canvas: one form a colour and shape, drawn once for as long as the same dots stay where they are.
  cloud(points, {colour, size, shape}) {
    const key = JSON.stringify([this.x, this.y, this.width, this.height, this.dpr, this.page.dark, size]);
    if (this.clouds.get(points)?.key !== key) this.clouds.set(points, {key, sheet: this.sheet(ink => this.scatter(ink, points, colour, size * this.font / 13, shape))});
    this.ink.drawImage(this.clouds.get(points).sheet, 0, 0, this.width, this.height);
  }
  sheet(draw) {
    const made = h("canvas", {width: this.canvas.width, height: this.canvas.height}), ink = made.getContext("2d", {willReadFrequently: true});
    ink.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    ink.beginPath(); ink.rect(this.left, this.top, ...this.inner); ink.clip();
    draw(ink);
    return made;
  }
  scatter(ink, points, colour, r, shape) {
    const forms = new Map();
    points.forEach((point, k) => {
      const of = typeof colour === "function" ? colour(k) : colour, form = typeof shape === "function" ? shape(k) : shape, name = `${of} ${form}`, [x, y] = this.at(point);
      if (!forms.has(name)) forms.set(name, {of, d: ""});
      forms.get(name).d += SHAPES[form](x, y, r);
    });
    ink.lineWidth = 1; ink.strokeStyle = this.inkOf("paper");
    for (const {of, d} of forms.values()) { const form = new Path2D(d); ink.fillStyle = this.inkOf(of); ink.fill(form); ink.stroke(form); }
  }
  crosses(points, {colour = "ink", size = 5, width = 2} = {}) {
    for (const p of points) { const [x, y] = this.at(p); this.made.push(s("path", {d: `M${x - size} ${y - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`, stroke: paintOf(colour), "stroke-width": width, fill: "none"})); }
  }
  // A word of a picture; `plate` puts paper behind it, so that a line it stands on does not run through it.
  text(place, words, {colour = "ink", anchor = "middle", dx = 0, dy = 0, bold = false, halo = bold, size = 1, plate = false} = {}) {
    const [x, y] = this.at(place), k = this.font / 13, wide = (0.52 * words.length + 0.6) * this.font;
    if (plate) this.made.push(s("rect", {x: x + k * dx - wide / 2, y: y + k * dy - this.font, width: wide, height: 1.35 * this.font, fill: "var(--paper)"}));
    const made = s("text", {x: x + k * dx, y: y + k * dy, "text-anchor": anchor, class: `note${bold ? " bold" : ""}${halo ? " haloed" : ""}`}, words);
    made.style.fill = paintOf(colour); // the theme's rules win over attributes
    if (size !== 1) made.style.fontSize = `${(this.page.presents ? Math.max(1, size) : size) * this.font}px`;
    this.made.push(made);
  }
  // Names beside places, as far as there is room: one that would lie on another is left out.
  names(points, names, look) {
    const taken = [];
    points.forEach((place, k) => {
      const how = typeof look === "function" ? look(k) : look, high = 1.1 * this.font * (how.size ?? 1);
      const [x, y] = this.at(place), half = 0.3 * high * names[k].length;
      if (taken.some(([a, b, wide]) => Math.abs(x - a) < half + wide && Math.abs(y - b) < high)) return;
      taken.push([x, y, half]);
      this.text(place, names[k], how);
    });
  }
  across(y, options) { this.line([[this.x[0], y], [this.x[1], y]], options); }
  upright(x, options) { this.line([[x, this.y[0]], [x, this.y[1]]], options); }
  bars(values, {base = 0, width = 0.7, colour = k => k, opacity = 0.85, at = k => k, shift = 0} = {}) {
    Array.from(values).forEach((value, k) => {
      const x = at(k) + shift, a = this.px(x - width / 2), b = this.px(x + width / 2), top = this.py(value), foot = this.py(base);
      this.made.push(s("rect", {x: a, width: b - a, y: Math.min(top, foot), height: Math.abs(foot - top), fill: paintOf(typeof colour === "function" ? colour(k) : colour), "fill-opacity": opacity, rx: 2}));
    });
  }
  // Polygons on the canvas: corners' numbers a polygon, colours a polygon. Each is closed by a line: closePath takes
  // time by the length of all that is in the path before it.
  cells({vertices, loops, starts}, fill, {stroke = "rgba(20,24,30,.35)", width = 0.7, alpha = 1} = {}) {
    const {ink} = this, n = starts.length - 1, places = this.places(vertices.flat ?? vertices), edges = new Path2D(), byColour = new Map();
    const run = (form, i) => {
      const first = 2 * loops[starts[i]];
      form.moveTo(places[first], places[first + 1]);
      for (let k = starts[i] + 1; k < starts[i + 1]; k++) { const v = 2 * loops[k]; form.lineTo(places[v], places[v + 1]); }
      form.lineTo(places[first], places[first + 1]);
    };
    for (let i = 0; i < n; i++) {
      const colour = fill(i);
      if (width) run(edges, i);
      if (colour === null) continue;
      if (!byColour.has(colour)) byColour.set(colour, new Path2D());
      run(byColour.get(colour), i);
    }
    ink.save(); ink.beginPath(); ink.rect(this.left, this.top, ...this.inner); ink.clip();
    ink.globalAlpha = alpha;
    for (const [colour, form] of byColour) { ink.fillStyle = colour; ink.fill(form); }
    if (width) { ink.globalAlpha = 1; ink.lineWidth = width; ink.strokeStyle = stroke; ink.lineJoin = "round"; ink.stroke(edges); }
    ink.restore();
  }
  // Corners (x, y, x, y, ...) in pixels.
  places(flat) {
    const made = new Float32Array(flat.length);
    for (let k = 0; k < flat.length; k += 2) { made[k] = this.px(flat[k]); made[k + 1] = this.py(flat[k + 1]); }
    return made;
  }
  // What a grid of samples would have told: regions it does not know of in a colour of no scale, and how many it knows.
  missed(overlay, fill) { return overlay ? i => (overlay.seen[i] ? fill(i) : MISSED) : fill; }
  known(overlay) {
    if (overlay) this.text([this.x[0], this.y[0]], `${this.page.common("seen")} ${overlay.seen.reduce((a, b) => a + b, 0)} / ${overlay.seen.length}`, {anchor: "start", dx: 8, dy: -10, bold: true});
  }
  // A picture of bytes, (height, width, 3), first row on top, over a box of the panel.
  picture(bytes, [x0, y0, x1, y1], {smooth = false, alpha = 1} = {}) {
    const [tall, wide] = bytes.shape, from = bytes.flat, data = new ImageData(wide, tall);
    for (let k = 0, j = 0; k < from.length; k += 3, j += 4) { data.data[j] = from[k]; data.data[j + 1] = from[k + 1]; data.data[j + 2] = from[k + 2]; data.data[j + 3] = 255; }
    const sheet = h("canvas", {width: wide, height: tall});
    sheet.getContext("2d").putImageData(data, 0, 0);
    const [a, top] = this.at([x0, y1]), [b, foot] = this.at([x1, y0]);
    this.ink.save(); this.ink.beginPath(); this.ink.rect(this.left, this.top, ...this.inner); this.ink.clip();
    this.ink.globalAlpha = alpha; this.ink.imageSmoothingEnabled = smooth;
    this.ink.drawImage(sheet, a, top, b - a, foot - top); this.ink.restore();
  }
  // Values (height, width), first row on top, in the shades of a ramp from one value to another.
  field(values, box, [lo, hi], name, how) {
    const shades = this.page.facts.colours.ramps[name], last = shades.length / 3 - 1, bytes = new Uint8Array(3 * values.flat.length);
    values.flat.forEach((value, k) => {
      const i = 3 * Math.round(Math.min(1, Math.max(0, (value - lo) / (hi - lo))) * last);
      bytes[3 * k] = shades[i]; bytes[3 * k + 1] = shades[i + 1]; bytes[3 * k + 2] = shades[i + 2];
    });
    this.picture({flat: bytes, shape: values.shape}, box, how);
  }
  // Shares in bytes (height, width, classes) as mixtures of the classes' colours.
  mix(shares, box, how) {
    const [tall, wide, n] = shares.shape, hues = Array.from({length: n}, (_, k) => rgb(this.page.facts.colours.light[k % 6])), bytes = new Uint8Array(3 * tall * wide);
    for (let p = 0; p < tall * wide; p++) for (let c = 0; c < 3; c++) { let sum = 0; for (let k = 0; k < n; k++) sum += shares.flat[p * n + k] * hues[k][c]; bytes[3 * p + c] = sum / 255; }
    this.picture({flat: bytes, shape: [tall, wide]}, box, how);
  }
  // A colour of the theme as the canvas takes it.
  inkOf(colour) {
    if (typeof colour === "number") return this.colour(colour);
    return colour.startsWith("#") ? colour : getComputedStyle(this.el).getPropertyValue(`--${colour}`);
  }
  colour(k) { return this.page.facts.colours[this.page.dark ? "dark" : "light"][k % 6]; }
  say(name) { return words(this.page.slug, "notes", name); }
}
const rgb = hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));
const SHAPES = {
  circle: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  square: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`,
  triangle: (x, y, r) => `M${x} ${y - 1.2 * r}L${x + 1.1 * r} ${y + 0.8 * r}H${x - 1.1 * r}Z`,
  diamond: (x, y, r) => `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z`,
  star: (x, y, r) => { let d = ""; for (let k = 0; k < 10; k++) { const t = Math.PI * k / 5, q = k % 2 ? 0.75 * r : 1.7 * r; d += `${k ? "L" : "M"}${x + q * Math.sin(t)} ${y - q * Math.cos(t)}`; } return `${d}Z`; },
};
export const MARKS = ["circle", "square", "triangle", "diamond"];
function swatch(colour, kind = "line") {
  const at = {fill: "none", stroke: paintOf(colour), "stroke-width": 3};
  const form = kind === "line" ? s("line", {x1: 1, x2: 19, y1: 7, y2: 7, ...at}) : kind === "dash" ? s("line", {x1: 1, x2: 19, y1: 7, y2: 7, ...at, "stroke-dasharray": "4 3"})
    : kind === "area" ? s("rect", {x: 2, y: 1, width: 16, height: 12, rx: 2, fill: paintOf(colour), "fill-opacity": 0.4})
    : s("path", {d: SHAPES[kind](10, 7, 4.5), fill: paintOf(colour)});
  return s("svg", {viewBox: "0 0 20 14", width: 20, height: 14, "aria-hidden": "true"}, form);
}
const share = (v, [a, b], log) => (log ? (Math.log10(v) - Math.log10(a)) / (Math.log10(b) - Math.log10(a)) : (v - a) / (b - a));
const unshare = (t, [a, b], log) => (log ? a * (b / a) ** t : a + t * (b - a));
export function ticks([a, b], about = TICKS, log = false, whole = false) {
  if (log) {
    const from = Math.ceil(Math.log10(a) - 1e-9), to = Math.floor(Math.log10(b) + 1e-9), step = Math.max(1, Math.ceil((to - from) / Math.max(1, about)));
    if (to >= from) return Array.from({length: Math.floor((to - from) / step) + 1}, (_, k) => 10 ** (from + k * step));
  }
  const rough = (b - a) / Math.max(1.5, Math.min(about, 8)), power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map(m => m * power).find(size => size >= rough);
  if (whole) step = Math.max(1, step);
  const made = [];
  for (let k = Math.ceil(a / step - 1e-9); k * step <= b + 1e-9 * step; k++) made.push(Number((k * step).toPrecision(12)));
  return made;
}
