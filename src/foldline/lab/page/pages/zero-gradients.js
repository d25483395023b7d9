import {figure} from "../core/figure.js";
import {MARKS} from "../core/plot.js";

const R = ({reach = 3}) => [-reach, reach];
export const render = figure({
  limits: {offset: [-2, 2], noise: [0, 1]},
  panels: [
    {key: "weights", plain: true, x: R, y: R, square: true, goes: "xy:weight", legend: [["ink", "walk"], [0, "best", "star"]],
      draw(plot, shown, _, overlay) {
        const shades = plot.page.facts.colours.ramps.error, most = Math.max(1, ...shown.errors), last = shades.length / 3 - 1;
        const tint = i => { const k = 3 * Math.round(shown.errors[i] / most * last); return `rgb(${shades[k]},${shades[k + 1]},${shades[k + 2]})`; };
        plot.cells(shown.cells, plot.missed(overlay, tint));
        const large = Array.from(shown.volumes.keys()).filter(i => shown.volumes[i] > 0.12);
        plot.names(large.map(i => shown.centres[i]), large.map(i => String(shown.errors[i])), k => ({dy: 4, colour: shown.errors[large[k]] > 0.55 * most ? "#ffffff" : "#1d2127", size: 0.9}));
        plot.line([shown.weight, shown.end], {colour: "paper", width: 5});
        plot.line([shown.weight, shown.end], {width: 2.4});
        plot.dots([shown.end], {colour: 0, shape: "star", size: 5});
      }},
    {key: "plane", x: [-1.6, 2.6], y: [-1.6, 1.7], aspect: 1, legend: [["ink", "line"], ["soft", "goal", "dash"], [0, "zero", "circle"], [1, "one", "square"]],
      draw(plot, shown) {
        plot.line(shown.goal, {colour: "soft", dash: "6 4"});
        plot.line(shown.line, {width: 2.4});
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => MARKS[shown.labels[k]], size: 5});
      }},
    {key: "walk", wide: true, x: [0, 1], y: ({steps = [[0, 1, 1]]}) => [-0.6, Math.max(...Array.from(steps, step => step[2])) + 1.4], aspect: 0.2, moves: true, whole: "y",
      draw(plot, shown) {
        for (const [a, b, errors] of shown.steps) plot.line([[a, errors], [b, errors]], {width: 2.6});
        plot.dots(Array.from(shown.steps).slice(1).map(([a, , errors]) => [a, errors]), {hollow: true, size: 4});
      }},
  ],
});
