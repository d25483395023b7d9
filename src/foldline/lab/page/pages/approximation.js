import {figure} from "../core/figure.js";
import {number} from "../core/format.js";

const X = ({interval = [0, 6]}) => Array.from(interval);
export const render = figure({
  limits: {"units.0": [2, 40]},
  panels: [
    {key: "curve", wide: true, x: X, y: [-1.5, 1.5], aspect: 0.42, legend: [[0, "target"], [1, "network"], [0, "band", "area"]],
      draw(plot, shown) {
        if (shown.band) plot.area(shown.band, {colour: 0, opacity: 0.18});
        plot.line(shown.target, {colour: 0, width: 2});
        if (shown.path) { plot.line(shown.path, {colour: 1, width: 2.2}); plot.dots(shown.path, {colour: 1, size: 3}); }
      }},
    {key: "error", wide: true, x: X, y: ({bound = 1}) => [-1.35 * bound, 1.35 * bound], aspect: 0.22, moves: true, legend: [["ink", "error"], [1, "bound", "dash"], [3, "sampled", "circle"]],
      draw(plot, shown, _, overlay) {
        if (!shown.error) return;
        for (const at of [shown.bound, -shown.bound]) plot.across(at, {colour: 1, dash: "6 4"});
        plot.line(shown.error, {width: 1.6});
        if (overlay) { plot.dots(overlay.places, {colour: 3, size: 2.4}); plot.text([plot.x[0], -1.3 * shown.bound], `${plot.say("seen")} ${number(overlay.seen, 6)}`, {anchor: "start", dx: 8, dy: -6}); }
      }},
  ],
});
