import {figure} from "../core/figure.js";
import {number} from "../core/format.js";

const NAMES = ["salmon", "sea bass", "sturgeon"], CLASSES = {x: v => NAMES[v] ?? ""};
export const render = figure({
  limits: {temperature: [0.05, 20], shift: [-100, 100]},
  panels: [
    {key: "logits", small: true, x: [-0.6, 2.6], y: [-6.4, 6.4], aspect: 1.1, whole: "x", ticks: CLASSES,
      draw(plot, shown) { plot.across(0, {colour: "soft", width: 1}); plot.bars(shown.logits, {width: 0.5, opacity: 0.45}); }},
    {key: "values", small: true, x: [-0.6, 2.6], y: [0, 1.1], aspect: 1.1, whole: "x", ticks: CLASSES,
      draw(plot, shown) { plot.bars(shown.values, {width: 0.6, opacity: 0.6}); shown.values.forEach((v, k) => plot.text([k, v], number(v, 4), {dy: -6})); }},
    {key: "simplex", small: true, bare: true, x: [-0.12, 1.12], y: [-0.14, 1], aspect: 1.1, legend: [["ink", "way"], ["ink", "mark", "circle"]],
      draw(plot, shown) {
        shown.thirds.forEach((part, k) => plot.area(part, {colour: k, opacity: 0.25}));
        plot.line([...shown.corners, shown.corners[0]], {width: 1.5});
        plot.line(shown.way, {width: 1.8});
        plot.dots(shown.marks, {size: 3.5, hollow: true, title: k => `T = ${shown.temperatures[k]}`});
        shown.corners.forEach((corner, k) => plot.text(corner, NAMES[k], {dy: k === 2 ? -8 : 18, bold: true}));
      }},
  ],
});
