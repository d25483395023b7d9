import {figure} from "../core/figure.js";
import {number} from "../core/format.js";

const TERMS = 3, NAMES = ["x₁", "x₂", "x₃"];
const box = (plot, [x, y], words, colour, note) => {
  plot.dots([[x, y]], {colour, size: 19, hollow: true});
  plot.text([x, y], words, {dy: 5, bold: true});
  if (note) plot.text([x, y], note, {dy: -28, colour: "soft"});
};
export const render = figure({
  limits: {bias: [-2, 2]},
  panels: [
    {key: "diagram", wide: true, bare: true, x: [0, 10], y: [0, 4], aspect: 0.36, narrow: 0.75,
      draw(plot, shown) {
        const rows = [3.3, 2.1, 0.9];
        shown.inputs.forEach((input, k) => {
          plot.line([[0.7, rows[k]], [4.4, 2.1]], {colour: "soft", width: 1.5});
          box(plot, [0.7, rows[k]], number(input, 3), 0, NAMES[k]);
          plot.text([2.5, rows[k] + (2.1 - rows[k]) * 0.486], `× ${number(shown.weights[k], 3)} = ${number(shown.terms[k], 3)}`, {dy: 4.5, plate: true});
        });
        plot.line([[4.4, 3.6], [4.4, 2.1]], {colour: "soft", width: 1.5});
        plot.text([4.4, 3.65], `b = ${number(shown.bias, 3)}`, {dy: -4});
        plot.line([[4.4, 2.1], [8.8, 2.1]], {colour: "soft", width: 1.5});
        box(plot, [4.4, 2.1], "Σ", "ink");
        plot.text([5.6, 2.1], `z = ${number(shown.z, 4)}`, {dy: -24});
        box(plot, [6.8, 2.1], "σ", 1);
        box(plot, [8.8, 2.1], "y", 2, null);
        plot.text([8.8, 2.1], number(shown.y, 7), {dy: 42, bold: true});
      }},
    {key: "sliders", x: [-0.6, 6.6], y: [-2.2, 2.2], aspect: 0.62, ticks: {x: v => ["x₁", "x₂", "x₃", "w₁", "w₂", "w₃", "b"][v] ?? ""}, whole: "x",
      draw(plot, shown) {
        plot.across(0, {colour: "soft", width: 1});
        plot.bars(shown.values, {width: 0.34, colour: k => (k < TERMS ? 0 : k < 2 * TERMS ? 1 : 2), opacity: 0.4});
      }},
    {key: "sums", x: [-0.6, 3.6], y: [-2.5, 2.5], aspect: 0.62, ticks: {x: v => ["b", "+ x₁w₁", "+ x₂w₂", "+ x₃w₃"][v] ?? ""}, whole: "x",
      draw(plot, shown) {
        plot.across(0, {colour: "soft", width: 1});
        plot.bars(shown.sums, {width: 0.5, colour: () => 0, opacity: 0.4});
        shown.sums.forEach((sum, k) => plot.text([k, sum], number(sum, 3), {dy: sum < 0 ? 16 : -7}));
      }},
  ],
});
