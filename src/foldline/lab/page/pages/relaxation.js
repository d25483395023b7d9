import {figure} from "../core/figure.js";
import {MARKS} from "../core/plot.js";

const STEP = [[[-6, 0], [0, 0]], [[0, 1], [6, 1]]];
export const render = figure({
  limits: {"temperatures.0": [0.02, 4], band: [0, 6], overlap: [0, 0.6]},
  panels: [
    {key: "curves", wide: true, x: [-6, 6], y: [-0.05, 1.05], aspect: 0.32, legend: [["ink", "step"], [0, "first"], [1, "others"], [3, "sampled", "circle"]],
      draw(plot, shown, _, overlay) {
        plot.area([[-shown.band, -1], [shown.band, -1], [shown.band, 2], [-shown.band, 2]], {colour: "soft", opacity: 0.15});
        for (const part of STEP) plot.line(part, {width: 2.6});
        shown.curves.forEach((curve, k) => plot.line(curve, {colour: k, width: k ? 1.6 : 2.6}));
        if (overlay) plot.dots(overlay.places, {colour: 3, size: 2.4});
      }},
    {key: "plane", plain: true, x: [31, 109], y: [0, 10.4], aspect: 0.75, legend: [[0, "salmon", "circle"], [1, "bass", "square"], ["ink", "line"], ["ink", "edge", "dash"]],
      draw(plot, shown) {
        plot.field(shown.surface, shown.box, [0, 1], "level", {smooth: true, alpha: 0.7});
        for (const edge of shown.edges) plot.line(edge, {width: 1.2, dash: "5 4"});
        plot.line(shown.line, {width: 2.2});
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => MARKS[shown.labels[k]], size: 5});
      }},
    {key: "distance", x: [-0.6, 3.6], y: [0, 4.1], aspect: 0.75, whole: "x", ticks: {x: v => (v >= 0 && v < 4 ? `T${v + 1}` : "")},
      draw(plot, shown) { plot.bars(shown.temperatures, {width: 0.4, opacity: 0.45}); }},
  ],
});
