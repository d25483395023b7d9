import {figure} from "../core/figure.js";
import {MARKS} from "../core/plot.js";
import {number} from "../core/format.js";

const CLASSES = {x: v => ["salmon", "sea bass", "sturgeon"][v] ?? ""};
const bars = (key, y) => ({
  key, small: true, x: [-0.6, 2.6], y, aspect: 0.85, whole: "x", ticks: CLASSES,
  draw(plot, shown) {
    plot.across(0, {colour: "soft", width: 1});
    plot.bars(shown[key], {width: 0.55, opacity: 0.55});
    if (key !== "logits") shown[key].forEach((v, k) => plot.text([k, v], number(v, 4), {dy: v < 0 ? 16 : -6}));
  },
});
export const render = figure({
  limits: {label: [0, 2]},
  panels: [
    bars("logits", [-6.4, 6.4]), bars("softmax", [-1.15, 1.2]), bars("gradient", [-1.15, 1.2]),
    {key: "plane", small: true, x: [-3, 3], y: [-3, 3], aspect: 0.85, legend: [[0, "weight"], ["ink", "x", "circle"]],
      draw(plot, shown) {
        if (!shown.arrows) { plot.text([0, 0], plot.say("logits"), {colour: "soft"}); return; }
        shown.arrows.forEach((arrow, k) => plot.line([[0, 0], arrow], {colour: k, width: 2.6}));
        shown.pulls.forEach((pull, k) => plot.line(pull, {colour: k, width: 1.6, dash: "4 3"}));
      }},
    {key: "book", four: true, x: [0, 1], y: [-0.03, 1.06], aspect: 0.42, legend: [[0, "zero", "circle"], [1, "one", "square"], [2, "two", "triangle"]],
      draw(plot, shown) {
        shown.chances.forEach((path, k) => plot.line(path, {colour: k, width: 2}));
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => MARKS[shown.labels[k]], size: 5});
      }},
  ],
});
