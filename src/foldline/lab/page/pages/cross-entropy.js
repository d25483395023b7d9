import {figure} from "../core/figure.js";
import {number} from "../core/format.js";

export const render = figure({
  limits: {"p.0": [0, 1], "q.0": [0, 1]},
  panels: [
    {key: "bars", x: [-0.6, 1.6], y: [0, 1.12], aspect: 0.62, whole: "x", ticks: {x: v => ["salmon", "sea bass"][v] ?? ""}, legend: [[0, "p", "area"], [1, "q", "area"]],
      draw(plot, shown) {
        [shown.p, shown.q].forEach((shares, k) => {
          const shift = k ? 0.2 : -0.2;
          plot.bars(shares, {width: 0.34, shift, colour: () => k, opacity: 0.5});
          shares.forEach((share, j) => plot.text([j + shift, share], number(share, 3), {dy: j ? -6 : -14}));
        });
      }},
    {key: "curve", x: [0, 1], y: [0, 4.6], aspect: 0.62, legend: [[1, "cross"], [0, "entropy", "dash"], [3, "sampled", "circle"]],
      draw(plot, shown, _, overlay) {
        plot.across(shown.entropy, {colour: 0, dash: "6 4"});
        plot.upright(shown.at[0], {colour: 0, width: 1, dash: "2 3"});
        plot.line(shown.curve, {colour: 1, width: 2.4});
        if (overlay) plot.dots(overlay.places, {colour: 3, size: 2.2});
      }},
    {key: "book", wide: true, x: [0, 1], y: [-0.03, 1.06], aspect: 0.26, legend: [["ink", "sigma"], [0, "zero", "circle"], [1, "one", "square"]],
      draw(plot, shown, _, overlay) {
        for (const x of shown.crossings) plot.upright(x, {colour: "soft", width: 1, dash: "2 3"});
        for (const x of overlay?.crossings ?? []) plot.upright(x, {colour: 3, width: 1.5, dash: "4 3"});
        plot.line(shown.sigmoid, {width: 2});
        shown.points.forEach((at, k) => plot.line([at, [at[0], 1]], {colour: shown.labels[k], width: 1, opacity: 0.5}));
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => (shown.labels[k] ? "square" : "circle"), size: 4.5, title: k => `−ln p = ${number(shown.losses[k])}`});
      }},
  ],
});
