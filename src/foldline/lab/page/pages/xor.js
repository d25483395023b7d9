import {figure} from "../core/figure.js";

const fills = plot => [4, 2, 3, 5, 0, 1].map(k => plot.colour(k));
export const render = figure({
  limits: {level: [-2, 2], starts: [0, 200]},
  panels: [
    {key: "plane", plain: true, x: [-0.45, 1.45], y: [-0.45, 1.45], square: true, legend: [[0, "zero", "circle"], [1, "one", "circle"], ["ink", "border"], [2, "fold", "dash"]],
      draw(plot, shown, _, overlay) {
        const colours = fills(plot);
        plot.cells(shown.plane, plot.missed(overlay, i => colours[i % colours.length]), {alpha: 0.22});
        shown.folds.forEach((fold, k) => plot.line(fold, {colour: 2 + k, dash: "6 4"}));
        for (const part of shown.border) plot.line(part, {width: 2.4});
        plot.dots(shown.points, {colour: k => shown.labels[k], size: 9});
        plot.known(overlay);
      }},
    {key: "hidden", moves: true, x: ({view = [0, 0, 1, 1]}) => [view[0], view[2]], y: ({view = [0, 0, 1, 1]}) => [view[1], view[3]], aspect: 1, legend: [["ink", "separates"], ["ink", "common", "star"]],
      draw(plot, shown) {
        const names = [4, 2, 3, 5, 0, 1];
        shown.images.forEach((image, i) => plot.area(image, {colour: names[i % names.length], opacity: 0.22, stroke: names[i % names.length], width: 2}));
        if (shown.line) plot.line(shown.line, {width: 2.4});
        plot.dots(shown.h, {colour: k => shown.labels[k], size: 9});
        if (shown.common) plot.dots([shown.common], {shape: "star", size: 6});
      }},
    {key: "learnt", wide: true, x: [-0.6, 3.6], y: [0, 1.05], aspect: 0.2, ticks: {x: v => ["2", "3", "4", "8"][v] ?? ""}, whole: "x",
      draw(plot, shown) {
        if (!shown.success.length) plot.text([1.5, 0.5], plot.say("untrained"), {colour: "soft"});
        plot.bars(shown.success, {width: 0.5, colour: () => 2, opacity: 0.5});
      }},
  ],
});
