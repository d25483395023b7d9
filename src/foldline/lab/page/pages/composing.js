import {figure} from "../core/figure.js";

const half = key => ({
  key, x: [-1, 1], y: [-1.15, 1.15], aspect: 0.7, legend: key === "first" ? [["ink", "curve"], [1, "level", "dash"]] : [["ink", "curve"]],
  draw(plot, shown) {
    if (key === "first") {
      plot.across(shown.level, {colour: 1, dash: "6 4"});
      for (const x of shown.over) plot.line([[x, shown.level], [x, -1.15]], {colour: 1, width: 1, dash: "2 3"});
    }
    plot.line(shown[key], {width: 2.4});
    if (key === "first") plot.dots(Array.from(shown.over, x => [x, shown.level]), {colour: 1});
  },
});
export const render = figure({
  limits: {level: [-1, 1], copies: [1, 6]},
  panels: [
    half("first"), half("second"),
    {key: "whole", wide: true, x: [-1, 1], y: [-1.15, 1.15], aspect: 0.34, legend: [["ink", "curve"], [3, "sampled", "dash"]],
      draw(plot, shown, _, overlay) {
        for (const x of shown.over) plot.upright(x, {colour: 1, width: 1, dash: "2 3"});
        plot.line(shown.whole, {width: shown.joints.length > 60 ? 1.2 : 2.2});
        if (overlay) plot.line(overlay.path, {colour: 3, width: 1.5, dash: "4 3"});
        if (shown.joints.length <= 60) plot.dots(shown.joints, {colour: k => shown.units[k], size: 4.5, title: k => `${plot.say("unit")} ${shown.units[k] + 1}`});
      }},
  ],
});
