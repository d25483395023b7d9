import {figure} from "../core/figure.js";

const UNITS = [0, 1, 2], Y = [-1.6, 1.6];
const row = (name, values) => UNITS.map(unit => ({
  key: `${name}${unit}`, x: [0, 1], y: Y, aspect: 0.66, small: true, third: true,
  draw(plot, shown) {
    plot.across(0, {colour: "soft", width: 1});
    plot.line(shown.steps[unit][name], {colour: unit, width: 2.5});
    plot.upright(shown.x, {colour: "soft", width: 1, dash: "2 3"});
    plot.dots([[shown.x, shown[values][unit]]], {colour: unit});
  },
}));
export const render = figure({
  limits: {"output.0": [-2, 2], x: [0, 1]},
  panels: [
    {key: "sum", wide: true, x: [0, 1], y: [-1.1, 1.1], aspect: 0.42, legend: [["ink", "curve"]],
      draw(plot, shown, _, overlay) {
        plot.across(0, {colour: "soft", width: 1});
        plot.upright(shown.x, {colour: "soft", width: 1, dash: "2 3"});
        plot.line(shown.curve, {width: 2.6});
        if (overlay) { plot.line(overlay.path, {colour: 3, width: 1.5, dash: "4 3"}); plot.dots(overlay.path, {colour: 3, size: 1.8}); }
        plot.dots([[shown.x, shown.summed]], {colour: "ink", size: 5});
      }},
    ...row("linear", "linear"), ...row("rectified", "rectified"), ...row("weighted", "weighted"),
  ],
});
