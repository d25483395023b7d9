// An opened file: its surface, its regions or decisions on any plane through any point, its training.
import {figure} from "../core/figure.js";
import {h} from "../core/dom.js";
import {Space} from "../core/space.js";
import {words} from "../strings.js";

const KNOWN = ".safetensors,.onnx,.npz,.nnet,.ply,.obj,.stl,.off,.glb,.csv,.tsv";
const has = name => (_, __, page) => Boolean(page.fixed?.[name]);
const X = ({window = [-1, -1, 1, 1]}) => [window[0], window[2]], Y = ({window = [-1, -1, 1, 1]}) => [window[1], window[3]];
const around = points => axis => { const all = Array.from(points ?? [[0, 0], [1, 1]], p => p[axis]), low = Math.min(...all), high = Math.max(...all), pad = 0.06 * (high - low || 1); return [low - pad, high + pad]; };
const bytes = ({flat}) => face => flat.subarray(3 * face, 3 * face + 3);
const spec = {
  asks: "view", fixes: "views",
  views: {colour: ["region", "plain", "normal"]},
  panels: [
    {key: "solid", wide: true, Panel: Space, aspect: 0.6, when: has("surface"),
      draw(space, shown, state, overlay, fixed) {
        const ways = {plain: null, region: space.dyed ??= mesh => space.regions(mesh), normal: space.faced ??= mesh => bytes(mesh.normals)};
        space.mesh(fixed.surface, ways[space.page.look.colour]);
      }},
    {key: "plane", four: true, plain: true, x: X, y: Y, square: true, moves: true, goes: "xy:pointer", when: (_, __, page) => Boolean(page.told?.shown.cells),
      draw(plot, shown) {
        if (!shown.cells) return;
        const palette = plot.page.facts.colours.regions;
        plot.cells(shown.cells, shown.classes ? i => plot.colour(shown.classes[i]) : i => palette[shown.colours[i]], {alpha: shown.classes ? 0.5 : 1, width: shown.cells.starts.length > 4000 ? 0.2 : 0.6});
        for (const line of shown.line) plot.line(line, {width: 2.4});
        plot.line(shown.measured, {colour: "paper", width: 4});
        plot.line(shown.measured, {colour: 1, width: 1.6, dash: "5 4"});
      }},
    {key: "point", small: true, x: ({others = [0]}) => [-0.7, Math.max(1, others.length) - 0.3], y: [-1.1, 1.1], aspect: 1, whole: "x", plain: true, moves: true, when: (_, __, page) => Boolean(page.told?.shown.others?.length),
      draw(plot, shown) { plot.bars(shown.point ?? [], {width: 0.4, colour: () => "soft", opacity: 0.4}); }},
    {key: "curve", wide: true, x: ({curve}) => around(curve)(0), y: ({curve}) => around(curve)(1), aspect: 0.5, moves: true, when: (_, __, page) => Boolean(page.told?.shown.curve),
      draw(plot, shown) { plot.line(shown.curve ?? [], {width: 2.4}); plot.dots(shown.curve?.slice(1, -1) ?? [], {size: 3}); }},
    {key: "rows", wide: true, x: () => around(spec.page?.fixed?.points)(0), y: () => around(spec.page?.fixed?.points)(1), aspect: 0.6, moves: true, when: has("points"),
      draw(plot) { plot.dots(plot.page.fixed.points, {size: 2.4}); }},
    {key: "training", wide: true, log: "y", x: () => around(spec.page?.fixed?.training)(0), y: () => { const all = Array.from(spec.page?.fixed?.training ?? [[1, 1]], p => p[1]); return [Math.min(...all) / 2, Math.max(...all) * 2]; }, aspect: 0.2, moves: true, when: has("training"),
      draw(plot) { plot.line(plot.page.fixed.training, {colour: 0}); }},
  ],
};
export function render({model, el}) {
  const close = figure(spec)({model, el}), page = globalThis.foldlinePage;
  spec.page = page;
  const input = h("input", {type: "file", accept: KNOWN, onchange: async event => {
    const [file] = event.target.files, content = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (const b of content) text += String.fromCharCode(b);
    model.send({kind: "open", id: "open", name: file.name, suffix: file.name.split(".").pop().toLowerCase(), bytes: btoa(text)});
  }});
  el.querySelector("aside")?.prepend(h("label", {class: "knob list"}, h("span", {}, words("viewer", "knobs", "open")), input));
  model.on("msg:custom", message => {
    if (message.kind === "opened") { model.send({kind: "views", id: "fixed"}); setTimeout(() => page.put(page.begin), 50); }
    else if (message.kind === "fixed") document.title = `${page.fixed?.name ?? ""} · foldline lab`;
    else if (message.kind === "error" && message.id === "open") page.warn(message.text);
  });
  return close;
}
