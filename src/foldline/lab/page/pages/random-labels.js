import {figure} from "../core/figure.js";

const NAMES = ["one", "two", "three", "four"];
export const render = figure({
  trail: true,
  limits: {epochs: [0, 4000]},
  panels: [
    {key: "errors", wide: true, x: ({last = 10}) => [1, last], y: [0, 1], log: "x", aspect: 0.55, moves: true, legend: [...NAMES.map((name, k) => [k, name]), ["accent", "live"]],
      draw(plot, shown) {
        shown.recorded.forEach((curve, k) => plot.line(curve, {colour: k, width: 2}));
        const under = plot.page.trail.filter(([epoch]) => epoch > 0).map(([epoch, wrong]) => [epoch, wrong]);
        if (plot.page.busy && under.length) plot.line(under, {colour: "accent", width: 3});
        else if (shown.live) plot.line(shown.live, {colour: "accent", width: 3});
      }},
  ],
});
