import {figure} from "../core/figure.js";
import {MARKS} from "../core/plot.js";
import {number} from "../core/format.js";

const CLASSES = {x: v => ["salmon", "sea bass", "sturgeon"][v] ?? ""};
export const render = figure({
  limits: {spread: [0, 2]},
  panels: [
    {key: "logits", small: true, x: [-0.6, 2.6], y: [-6.4, 6.4], aspect: 0.9, whole: "x", ticks: CLASSES,
      draw(plot, shown) { plot.across(0, {colour: "soft", width: 1}); plot.bars(shown.logits, {width: 0.5, opacity: 0.45}); }},
    {key: "sigmoids", small: true, x: [-0.6, 2.6], y: [0, 1.15], aspect: 0.9, whole: "x", ticks: CLASSES,
      draw(plot, shown) { plot.bars(shown.sigmoids, {width: 0.6, opacity: 0.6}); shown.sigmoids.forEach((v, k) => plot.text([k, v], number(v, 3), {dy: -6})); }},
    {key: "stacks", small: true, x: [-0.7, 1.7], y: [0, 3.1], aspect: 0.9, whole: "x", ticks: {x: v => ["sigmoids", "softmax"][v] ?? ""},
      draw(plot, shown) {
        shown.stacks.forEach((tops, which) => tops.forEach((top, k) => plot.area([[which - 0.3, k ? tops[k - 1] : 0], [which + 0.3, k ? tops[k - 1] : 0], [which + 0.3, top], [which - 0.3, top]], {colour: k, opacity: 0.6, stroke: "paper"})));
        shown.stacks.forEach((tops, which) => plot.text([which, tops[2]], number(tops[2], 4), {dy: -7, bold: true}));
        plot.across(1, {dash: "6 4", width: 1.4});
      }},
    {key: "plane", wide: true, plain: true, x: [-4, 4], y: [-4, 4], aspect: 0.5, legend: [[0, "below", "area"], [1, "above", "area"]],
      draw(plot, shown) {
        plot.field(shown.sums, shown.box, [0, 2], "level", {smooth: true, alpha: 0.8});
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => MARKS[shown.labels[k]], size: 4.5});
      }},
  ],
});
