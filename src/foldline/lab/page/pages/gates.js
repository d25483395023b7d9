import {figure} from "../core/figure.js";
import {number} from "../core/format.js";

const paint = plot => [2, 5, 1, 3, 4].map(k => plot.colour(k));
const slice = k => ({
  key: `slice${k}`, small: true, plain: true, x: [-3, 3], y: [-3, 3], square: true, goes: `weight.${k}`, legend: [[2, "right", "area"], [1, "wrong", "area"]],
  draw(plot, shown, state, overlay) {
    const cells = shown.slices[k], colours = paint(plot);
    plot.cells(cells, i => colours[Math.min(cells.errors[i], 4)], {alpha: 0.4});
    plot.text([-2.85, 2.6], `b = ${number(state.biases[k])}`, {anchor: "start", bold: true});
    if (overlay) plot.text([2.85, -2.85], `${overlay.seen[k]} / ${cells.errors.length}`, {anchor: "end", colour: "accent", bold: true});
  },
});
export const render = figure({
  limits: {"line.0": [-3, 3], "line.1": [-3, 3], "line.2": [-3, 3]},
  panels: [
    {key: "square", small: true, x: [-0.6, 1.6], y: [-0.6, 1.6], square: true, legend: [[0, "zero", "circle"], [1, "one", "circle"], ["ink", "common", "star"]],
      draw(plot, shown) {
        if (shown.above.length > 2) plot.area(shown.above, {colour: 1, opacity: 0.2});
        if (shown.best) plot.line(shown.best, {colour: "soft", dash: "6 4"});
        plot.line(shown.line, {width: 2.5});
        shown.corners.forEach((at, k) => { plot.dots([at], {colour: shown.labels[k], size: 12}); plot.text(at, String(shown.labels[k]), {dx: 20, dy: -12, bold: true}); });
        if (shown.common) plot.dots([shown.common], {shape: "star", size: 6});
      }},
    slice(0), slice(1),
    {key: "table", wide: true, bare: true, x: [0, 8], y: [0, 4], aspect: 0.16,
      draw(plot, shown) {
        shown.functions.forEach((one, k) => {
          const x = 0.5 + (k % 8), y = k < 8 ? 2 : 0, mine = k === shown.number;
          plot.area([[x - 0.46, y + 0.1], [x + 0.46, y + 0.1], [x + 0.46, y + 1.9], [x - 0.46, y + 1.9]], {colour: one.separable ? 2 : 1, opacity: mine ? 0.55 : 0.18, stroke: mine ? "ink" : undefined, width: 2});
          plot.text([x, y + 1], k.toString(2).padStart(4, "0"), {dy: -1, bold: mine, size: 0.9});
          plot.text([x, y + 1], one.separable ? "✓" : "✗", {dy: 15, colour: "soft"});
        });
      }},
  ],
});
