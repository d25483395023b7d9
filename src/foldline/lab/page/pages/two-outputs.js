import {figure} from "../core/figure.js";

const GROUPS = ["offset", "w₁", "w₂", "w₃", "w₄"];
export const render = figure({
  limits: {"outputs.0.0": [-4, 4], "outputs.1.0": [-4, 4]},
  panels: [
    {key: "curves", x: [0, 1], y: [-1.6, 1.6], aspect: 0.75, legend: [[0, "first"], [1, "second"]],
      draw(plot, shown, _, overlay) {
        plot.across(0, {colour: "soft", width: 1});
        for (const joint of shown.joints[0]) plot.upright(joint[0], {colour: "soft", width: 1, dash: "2 3"});
        shown.curves.forEach((curve, k) => plot.line(curve, {colour: k, width: 2.5}));
        shown.joints.forEach((joints, k) => plot.dots(joints, {colour: k, size: 5}));
        overlay?.paths.forEach(path => plot.line(path, {colour: 3, width: 1.5, dash: "4 3"}));
      }},
    {key: "units", x: [0, 1], y: [-0.1, 2.5], aspect: 0.75,
      draw(plot, shown) { shown.units.forEach((path, k) => plot.line(path, {colour: 2 + k, width: 2.2})); }},
    {key: "weights", wide: true, x: [-0.7, 10.7], y: [-4.2, 4.2], aspect: 0.26, whole: "x", ticks: {x: v => GROUPS[v % 6] ?? ""}, legend: [[0, "first", "area"], [1, "second", "area"]],
      draw(plot, shown) {
        plot.across(0, {colour: "soft", width: 1});
        plot.bars(shown.weights, {width: 0.4, colour: k => (k < 6 ? 0 : 1), opacity: 0.45});
      }},
  ],
});
