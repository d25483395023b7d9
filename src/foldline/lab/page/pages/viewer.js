// An opened file: its surface, its regions or decisions on any plane through any point, its training; of a class of shapes
// the surface at any code, of a scene what a camera anywhere round it sees.
import {figure} from "../core/figure.js";
import {h} from "../core/dom.js";
import {DARK, MARKS} from "../core/plot.js";
import {Space} from "../core/space.js";
import {words} from "../strings.js";

const MESHES = ".ply,.obj,.stl,.off,.glb", KNOWN = `.safetensors,.onnx,.npz,.nnet,${MESHES},.csv,.tsv,.png,.jpg,.jpeg,.webp,.asc`;
const TURNS = [[-180, 180], [-75, 75]], RED = [0.85, 0.25, 0.05], BLUE = [0.1, 0.35, 0.75];
const has = name => (_, __, page) => Boolean(page.fixed?.[name]);
const X = ({window = [-1, -1, 1, 1]}) => [window[0], window[2]], Y = ({window = [-1, -1, 1, 1]}) => [window[1], window[3]];
const around = points => axis => { const all = Array.from(points ?? [[0, 0], [1, 1]], p => p[axis]), low = Math.min(...all), high = Math.max(...all), pad = 0.06 * (high - low || 1); return [low - pad, high + pad]; };
const bytes = ({flat}) => face => flat.subarray(3 * face, 3 * face + 3);
// A colour a polygon of a plane, by what it is worth: low in blue, high in orange.
function scale(plot, values) {
  const shades = plot.page.facts.colours.ramps.level, last = shades.length / 3 - 1, low = values.reduce((a, b) => (a < b ? a : b)), high = values.reduce((a, b) => (a > b ? a : b));
  return i => { const k = 3 * Math.round((values[i] - low) / (high - low || 1) * last); return `rgb(${shades[k]},${shades[k + 1]},${shades[k + 2]})`; };
}
// A colour a polygon, by what is asked for.
function dyes(space) {
  const shades = space.page.facts.colours.ramps.error, last = shades.length / 3 - 1;
  const tint = k => [shades[3 * k], shades[3 * k + 1], shades[3 * k + 2]];
  const error = ({errors, full}) => face => tint(errors ? Math.round(Math.min(1, errors[face] / full) * last) : 0);
  return {plain: null, region: mesh => space.regions(mesh), normal: mesh => bytes(mesh.normals), error};
}
const spec = {
  asks: "view", fixes: "views",
  views: {colour: ["region", "plain", "normal", "error"]},
  panels: [
    {key: "view", four: true, bare: true, x: TURNS[0], y: TURNS[1], aspect: 1, goes: "xy:turn", when: (_, __, page) => Boolean(page.told?.shown.picture),
      draw(plot, {picture}) { if (picture) plot.picture(picture, [TURNS[0][0], TURNS[1][0], TURNS[0][1], TURNS[1][1]], {smooth: true}); }},
    {key: "solid", wide: true, Panel: Space, aspect: 0.6, picks: true, when: (_, __, page) => Boolean(page.fixed?.surface ?? page.told?.shown.surface),
      draw(space, shown, state, overlay, fixed) {
        const mesh = shown.surface ?? fixed?.surface;
        if (!mesh) return;
        const {colour} = space.page.look; // triangles of a coarser view are no regions
        space.mesh(mesh, (space.dyes ??= dyes(space))[shown.coarse && colour === "region" ? "plain" : colour]);
        space.view.lines("folds", shown.space?.folds ?? [], {colour: [...RED, 0.25]});
        space.view.lines("frame", shown.space?.frame ?? [], {colour: [...RED, 0.6]});
        space.view.lines("cut", shown.space?.line ?? [], {colour: [...RED, 1]});
        space.view.points("picks", shown.picks ?? [], {colour: [...BLUE, 1], size: 9, over: true});
        space.view.lines("apart", shown.picks?.length > 3 ? shown.picks : [], {colour: [...BLUE, 1], over: true});
      }},
    {key: "codes", wide: true, plain: true, x: ({map = [0, 0, 1, 1]}) => [map[0], map[2]], y: ({map = [0, 0, 1, 1]}) => [map[1], map[3]], aspect: 0.36, moves: true, when: (_, __, page) => Boolean(page.told?.shown.codes),
      draw(plot, {codes, names}) {
        if (!codes) return;
        plot.dots(codes, {size: 5, colour: 0, title: k => names[k]});
        plot.names(codes, names, {dy: -12, size: 0.85});
      }},
    {key: "plane", four: true, plain: true, x: X, y: Y, square: true, moves: true, goes: "xy:pointer", axes: (axis, {axes = []}) => axes[axis === "x" ? 0 : 1], when: (_, __, page) => Boolean(page.told?.shown.cells),
      draw(plot, shown) {
        if (!shown.cells) return;
        const palette = plot.page.facts.colours.regions;
        const tints = shown.tints ? i => `rgb(${shown.tints[i].join(",")})` : shown.values && scale(plot, shown.values);
        plot.cells(shown.cells, tints ?? (shown.classes ? i => plot.colour(shown.classes[i]) : i => palette[shown.colours[i]]), {alpha: shown.classes ? 0.5 : 1, width: shown.cells.starts.length > 4000 ? 0.2 : 0.6});
        for (const line of shown.line) plot.line(line, {colour: DARK, width: 2.4});
        plot.line(shown.measured, {colour: "paper", width: 4});
        plot.line(shown.measured, {colour: 1, width: 1.6, dash: "5 4"});
      }},
    {key: "point", small: true, x: ({others = [0]}) => [-0.7, Math.max(1, others.length) - 0.3], y: [-1.1, 1.1], aspect: 1, whole: "x", plain: true, moves: true, ticks: {x: v => spec.page?.told?.shown.others?.[v] ?? ""}, when: (_, __, page) => Boolean(page.told?.shown.others?.length),
      draw(plot, shown) { plot.bars(shown.point ?? [], {width: 0.4, colour: () => "soft", opacity: 0.4}); }},
    {key: "curve", wide: true, x: ({curve}) => around(curve)(0), y: ({curve}) => around(curve)(1), aspect: 0.5, moves: true, when: (_, __, page) => Boolean(page.told?.shown.curve),
      draw(plot, shown) { plot.line(shown.curve ?? [], {width: 2.4}); plot.dots(shown.curve?.slice(1, -1) ?? [], {size: 3}); }},
    {key: "rows", wide: true, x: () => around(spec.page?.fixed?.points)(0), y: () => around(spec.page?.fixed?.points)(1), aspect: 0.6, moves: true, axes: axis => spec.page?.fixed?.axes?.[axis === "x" ? 0 : 1], when: has("points"),
      draw(plot) {
        const {points, labels, classes} = plot.page.fixed;
        plot.dots(points, labels ? {size: 3.4, colour: k => labels[k], shape: k => MARKS[labels[k] % MARKS.length]} : {size: 2.4});
        plot.kinds(labels ? classes.map((name, k) => [k, name, MARKS[k % MARKS.length]]) : []);
      }},
    {key: "heights", wide: true, plain: true, square: true, moves: true, axes: axis => spec.page?.fixed?.axes?.[axis === "x" ? 0 : 1], x: () => { const [a, , b] = spec.page?.fixed?.over ?? [0, 0, 1]; return [a, b]; }, y: () => { const [, a, , b] = spec.page?.fixed?.over ?? [0, 0, 1, 1]; return [a, b]; }, when: has("heights"),
      draw(plot) { plot.field(plot.page.fixed.heights, plot.page.fixed.over, plot.page.fixed.range, "level"); }},
    {key: "image", wide: true, bare: true, square: true, x: [0, 1], y: () => { const [tall, wide] = spec.page?.fixed?.image?.shape ?? [1, 1]; return [0, tall / wide]; }, moves: true, when: has("image"),
      draw(plot) { plot.picture(plot.page.fixed.image, [plot.x[0], plot.y[0], plot.x[1], plot.y[1]]); }},
    {key: "training", wide: true, log: "y", x: () => around(spec.page?.fixed?.training)(0), y: () => { const all = Array.from(spec.page?.fixed?.training ?? [[1, 1]], p => p[1]); return [Math.min(...all) / 2, Math.max(...all) * 2]; }, aspect: 0.2, moves: true, when: has("training"),
      draw(plot) { plot.line(plot.page.fixed.training, {colour: 0}); }},
  ],
};
async function read(file) {
  let text = "";
  for (const b of new Uint8Array(await file.arrayBuffer())) text += String.fromCharCode(b);
  return {name: file.name, suffix: file.name.split(".").pop().toLowerCase(), bytes: btoa(text)};
}
// What does nothing for this file is not shown.
function tidy(page, select, against) {
  const {knobs = [], surface, against: beside} = page.fixed ?? {}, seen = Boolean(surface ?? page.told?.shown.surface);
  page.knobs.forEach(knob => { knob.el.hidden = !knobs.includes(knob.path); });
  select.closest("label").hidden = !seen; against.hidden = !seen;
  select.querySelector("[value=error]").disabled = !beside;
  // A mesh's polygons are no regions: it begins plain.
  select.querySelector("[value=region]").hidden = !page.fixed?.folds;
  const next = !page.fixed ? null : !page.fixed.folds && page.look.colour === "region" ? "plain" : page.fixed.folds && page.plain ? "region" : null;
  if (next) { page.plain = next === "plain"; select.value = next; page.dress("colour", next); }
}
export function render({model, el}) {
  const close = figure(spec)({model, el}), page = globalThis.foldlinePage, word = key => words("viewer", "knobs", key), name = h("p", {class: "slide"});
  spec.page = page;
  let fresh = false;
  const input = (kind, accept) => h("label", {class: "knob list"}, h("span", {}, word(kind)), h("input", {type: "file", accept, onchange: async event => { if (event.target.files.length) model.send({kind, id: "open", ...await read(event.target.files[0])}); }}));
  const select = el.querySelector(`select[aria-label="${word("colour")}"]`), against = input("against", MESHES);
  el.querySelector("h1")?.after(name);
  el.querySelector("aside")?.prepend(input("open", KNOWN), against);
  model.on("msg:custom", message => {
    if (message.kind === "opened") { fresh = true; model.send({kind: "views", id: "fixed"}); }
    else if (message.kind === "stopped" && message.id === "fixed") model.send({kind: "views", id: "fixed"});
    else if (message.kind === "fixed") { name.textContent = page.fixed?.name ?? ""; document.title = `${page.fixed?.name ?? ""} · foldline lab`; if (fresh) page.put(page.fixed.against ? page.state : page.begin); fresh = false; }
    else if (message.kind === "error" && message.id === "open") page.warn(message.text);
    if (select) tidy(page, select, against);
  });
  return close;
}
