import {figure} from "../core/figure.js";
import {short} from "../core/format.js";

export const render = figure({
  limits: {inputs: [1, 20], width: [3, 60], depth: [1, 5], starts: [0, 100]},
  panels: [
    {key: "plot", wide: true, log: "y", aspect: 0.62, moves: true, x: ({x = [1, 2]}) => Array.from(x), y: ({y = [1, 10]}) => Array.from(y), ticks: {y: v => (v < 1e5 ? short(v) : v.toExponential(0).replace("e+", "e"))},
      legend: [[0, "one"], [1, "two"], [2, "three"], [3, "four"], [4, "five"], ["ink", "folded", "diamond"], ["soft", "drawn", "circle"], ["accent", "noisy", "triangle"]],
      draw(plot, shown, _, overlay) {
        shown.curves.forEach((curve, k) => plot.line(curve, {colour: k, width: k === shown.depth - 1 ? 3 : 1.6}));
        if (overlay) { plot.across(overlay.most, {colour: 3, dash: "4 3"}); plot.text([shown.x[0], overlay.most], plot.say("most"), {anchor: "start", dx: 8, dy: -7}); }
        plot.dots(shown.drawn, {colour: "soft", size: 3.5});
        plot.dots(shown.noisy, {colour: "accent", shape: "triangle", size: 4.5});
        plot.dots(shown.folded, {shape: "diamond", size: 5});
      }},
  ],
});
