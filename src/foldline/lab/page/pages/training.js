import {figure} from "../core/figure.js";

const time = ({last = 1}) => [0, last];
const now = (plot, shown) => plot.upright(shown.epoch, {colour: "soft", width: 1, dash: "2 3"});
export const render = figure({
  limits: {"shown.0": [0, 6000], units: [1, 12]},
  panels: [
    {key: "curve", wide: true, x: [0, 1], y: [-1.3, 1.2], aspect: 0.36, legend: [["ink", "point", "circle"], [0, "curve"]],
      draw(plot, shown, _, overlay) {
        if (shown.curve) { plot.line(shown.curve, {colour: 0, width: 2.6}); plot.dots(shown.curve.slice(1, -1), {colour: k => 1 + shown.units[k], size: 5}); }
        if (overlay?.path) plot.line(overlay.path, {colour: 3, width: 1.5, dash: "4 3"});
        plot.dots(shown.points, {size: 4});
      }},
    {key: "loss", small: true, x: time, y: [0.05, 100], log: "y", aspect: 0.8, moves: true, legend: [[1, "least", "dash"]],
      draw(plot, shown) { now(plot, shown); if (shown.least) plot.across(shown.least, {colour: 1, dash: "6 4"}); plot.line(shown.losses, {colour: 0}); }},
    {key: "joints", small: true, x: time, y: [-0.5, 1.5], aspect: 0.8, moves: true,
      draw(plot, shown) { now(plot, shown); shown.joints.forEach((joint, k) => plot.line(joint, {colour: 1 + k, width: 2})); }},
    {key: "crossed", small: true, x: time, y: ({crossed = [[0, 1]]}) => [0, 1.05 * Math.max(1, crossed[crossed.length - 1][1])], aspect: 0.8, moves: true,
      draw(plot, shown) { now(plot, shown); plot.line(shown.crossed, {colour: 2}); }},
  ],
});
