import {figure} from "../core/figure.js";

const panel = (name, k, y) => ({
  key: name, x: [-4, 4], y, aspect: 0.6, legend: [[k, "value"], ["soft", "slope", "dash"], [3, "sampled", "circle"]],
  draw(plot, shown, _, overlay) {
    const unit = shown.curves[name];
    plot.across(0, {colour: "soft", width: 1});
    plot.upright(shown.x, {colour: "soft", width: 1, dash: "2 3"});
    for (const path of unit.slopes) plot.line(path, {colour: "soft", width: 2, dash: "6 4"});
    for (const path of unit.values) plot.line(path, {colour: k, width: 2.6});
    if (overlay) { plot.line(overlay.paths[name], {colour: 3, width: 1}); plot.dots(overlay.paths[name], {colour: 3, size: 1.6}); }
    plot.dots([[shown.x, unit.slope]], {colour: "soft", size: 4});
  },
});
export const render = figure({
  limits: {x: [-4, 4], w: [-4, 4], b: [-4, 4]},
  panels: [panel("step", 0, [-1.5, 2]), panel("sigmoid", 1, [-0.6, 1.2]), panel("tanh", 2, [-1.4, 1.8]), panel("relu", 3, [-1.5, 4])],
});
