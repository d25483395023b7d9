import {figure} from "../core/figure.js";
import {MARKS} from "../core/plot.js";

export const render = figure({
  limits: {overlap: [0, 3]},
  panels: [
    {key: "plane", wide: true, x: [31, 109], y: [0, 10.4], aspect: 0.58, legend: [[0, "salmon", "circle"], [1, "bass", "square"], ["ink", "held"], ["soft", "best", "dash"], ["ink", "common", "star"], [3, "sampled", "dash"]],
      draw(plot, shown, _, overlay) {
        if (shown.band.length) plot.area([...shown.band[0], ...[...shown.band[1]].reverse()], {colour: "soft", opacity: 0.13});
        shown.hulls.forEach((hull, k) => plot.area(hull, {colour: k, opacity: 0.12, stroke: k}));
        plot.line(shown.best, {colour: "soft", dash: "6 4"});
        plot.line(shown.line, {width: 2.6});
        if (overlay) plot.line(overlay.line, {colour: 3, dash: "4 3"});
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => MARKS[shown.labels[k]], size: 5});
        plot.crosses(shown.wrong, {size: 9});
        plot.dots(shown.support, {hollow: true, size: 9});
        if (shown.common) {
          plot.dots([shown.common], {shape: "star", size: 6});
          plot.text(shown.common, plot.say("common"), {dy: -16, bold: true});
        }
      }},
  ],
});
