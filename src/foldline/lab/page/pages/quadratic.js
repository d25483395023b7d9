import {figure} from "../core/figure.js";

const NAMES = ["quadratic", "binary_cross_entropy"];
const pair = (key, at, y) => ({
  key, x: [-10, 10], y, aspect: 0.62, legend: [[0, "quadratic"], [1, "cross"]],
  draw(plot, shown) {
    plot.upright(shown.z, {colour: "soft", width: 1, dash: "2 3"});
    NAMES.forEach((name, k) => plot.line(shown[key][name], {colour: k, width: 2.4}));
  },
});
export const render = figure({
  limits: {z: [-10, 10], steps: [0, 400], sigma: [0.05, 1]},
  panels: [
    pair("losses", "at", [-0.05, 4.2]), pair("slopes", "steep", [-0.05, 1.12]),
    {key: "total", plain: true, x: [-5, 5], y: [-7, 7], aspect: 0.9, legend: [[0, "quadratic"], [1, "cross"], [3, "sampled", "diamond"]],
      draw(plot, shown, _, overlay) {
        const {total} = shown;
        plot.field(total, [-5, -7, 5, 7], [Math.min(...total.flat), Math.max(...total.flat)], "error", {smooth: true, alpha: 0.75});
        NAMES.forEach((name, k) => { plot.line(shown.paths[name], {colour: "paper", width: 4}); plot.line(shown.paths[name], {colour: k, width: 2.4}); plot.dots([shown.paths[name][shown.paths[name].length - 1]], {colour: k, size: 5}); });
        if (overlay) plot.dots([overlay.place], {colour: 3, shape: "diamond", size: 6});
      }},
    {key: "book", x: [0, 1], y: [-1.5, 1], aspect: 0.9, legend: [["ink", "network"], [1, "residual"]],
      draw(plot, shown) {
        plot.line(shown.curve, {width: 2.2});
        for (const ends of shown.residuals) { plot.line(ends, {colour: 1, width: 1.5}); plot.dots([ends[1]], {colour: 1, size: 4}); }
      }},
  ],
});
