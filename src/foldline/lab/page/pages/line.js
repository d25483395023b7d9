import {figure} from "../core/figure.js";

export const render = figure({
  limits: {steps: [0, 400]},
  panels: [
    {key: "line", x: [-0.25, 2.45], y: [-0.4, 3.2], square: true, legend: [[0, "held"], [1, "best", "dash"]],
      draw(plot, shown) {
        for (const square of shown.squares) plot.area(square, {colour: 0, opacity: 0.16, stroke: 0, width: 0.8});
        plot.line(shown.best, {colour: 1, dash: "6 4"});
        plot.line(shown.held, {colour: 0, width: 2.5});
      }},
    {key: "bowl", x: [-1.6, 3.4], y: [-2.2, 2.8], aspect: 1.25, legend: [["ink", "way"], [1, "best_place", "star"], [3, "sampled", "diamond"]],
      draw(plot, shown, _, overlay) {
        for (const ring of shown.rings) plot.area(ring, {colour: 0, opacity: 0.1, stroke: 0, width: 0.8});
        plot.line(shown.way, {width: 1.3});
        plot.dots(shown.way, {size: 2});
        plot.dots([shown.optimum], {colour: 1, shape: "star", size: 5});
        if (overlay) plot.dots([overlay.place], {colour: 3, shape: "diamond", size: 5});
      }},
    {key: "descent", wide: true, aspect: 0.24, log: "y", moves: true, x: ({losses = [1, 1]}) => [0, Math.max(1, losses.length - 1)], y: ({losses, least = 0.1}) => [least / 2, (losses?.[0] ?? 1) * 2],
      draw(plot, shown) {
        plot.across(shown.least, {colour: 1, dash: "6 4"});
        plot.line(Array.from(shown.losses, (loss, step) => [step, loss]), {colour: 0});
      }},
  ],
});
