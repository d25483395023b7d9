import {figure} from "../core/figure.js";
import {DARK} from "../core/plot.js";
import {Space} from "../core/space.js";

const X = ({window = [-1, -1, 1, 1]}) => [window[0], window[2]], Y = ({window = [-1, -1, 1, 1]}) => [window[1], window[3]];
const LAYERS = ["first", "second", "third"];
// A colour for each region, as the view says: bytes.
function paint(page, shown) {
  const {colours} = page.facts, shades = colours.ramps.level, last = shades.length / 3 - 1;
  const ways = {
    pattern: i => page.regionBytes()[shown.colours[i]],
    gradient: i => shown.slopes.subarray(3 * i, 3 * i + 3),
    value: i => { const k = 3 * Math.round(shown.share[i] * last); return [shades[k], shades[k + 1], shades[k + 2]]; },
  };
  return ways[page.look.colour];
}
const BOX = [-1, 1].flatMap(x => [-1, 1].flatMap(y => [-0.45, 0.45].flatMap(z => [x, y, z]))); // round any graph
const css = ([r, g, b]) => `rgb(${r},${g},${b})`;
const weights = layer => ({
  key: `weights${layer}`, wide: true, x: ({weights: rows = []}) => [-0.8, (rows[layer]?.length ?? 1) - 0.2], y: [-8.4, 8.4], aspect: 0.2, moves: true, whole: "x", plain: true, when: look => look.layer === LAYERS[layer],
  draw(plot, shown) {
    plot.across(0, {colour: "soft", width: 1});
    if (shown.weights[layer]) plot.bars(shown.weights[layer], {width: 0.5, colour: () => "soft", opacity: 0.4});
  },
});
export const render = figure({
  views: {colour: ["pattern", "gradient", "value"], layer: ["none", ...LAYERS]},
  panels: [
    {key: "plane", four: true, plain: true, x: X, y: Y, square: true, moves: true, goes: "xy:pointer", legend: [["ink", "home"], ["#ff00c8", "missed", "area"]],
      draw(plot, shown, _, overlay) {
        const colour = paint(plot.page, shown), many = shown.cells.starts.length > 1200;
        plot.cells(shown.cells, plot.missed(overlay, i => css(colour(i))), {width: many ? 0.35 : 0.7});
        if (shown.home) plot.line([...shown.home, shown.home[0]], {colour: DARK, width: 2.6});
        plot.known(overlay);
      }},
    {key: "facets", small: true, Panel: Space, aspect: 1, up: "z",
      draw(space, shown) {
        const {starts, loops} = shown.cells, colour = paint(space.page, shown);
        space.mesh({vertices: shown.graph, corners: loops, offsets: starts, centre: [0, 0, 0], radius: 1.4, spread: BOX}, colour);
      }},
    {key: "slice", wide: true, x: [-0.7, 3.7], y: [-2.2, 2.2], aspect: 0.14, whole: "x", plain: true, when: (_, state) => Boolean(state.plane),
      draw(plot, shown) { if (shown.plane) plot.bars(shown.plane, {width: 0.4, colour: () => "soft", opacity: 0.4}); }},
    weights(0), weights(1), weights(2),
  ],
});
