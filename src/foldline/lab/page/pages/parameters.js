import {figure} from "../core/figure.js";
import {number} from "../core/format.js";

export const render = figure({
  panels: [
    {key: "widths", wide: true, x: ({widths = [1, 1]}) => [-0.7, widths.length - 0.3], y: [0, 2100], aspect: 0.3, whole: "x", moves: true, plain: true,
      draw(plot, shown) { plot.bars(shown.widths, {width: 0.5, colour: () => 0, opacity: 0.4}); }},
    {key: "layers", x: ({layers = [1]}) => [-0.7, layers.length - 0.3], y: ({layers = [1]}) => [0, 1.15 * Math.max(...layers)], aspect: 0.6, whole: "x", moves: true, plain: true,
      draw(plot, shown) {
        plot.bars(shown.layers, {width: 0.6, colour: () => 2, opacity: 0.5});
        if (shown.layers.length < 10) plot.names(shown.layers.map((count, k) => [k, count]), shown.layers.map(count => number(count)), {dy: -6, size: 0.85});
      }},
    {key: "depths", x: [3.4, 7.6], y: ({depths = [[0, 1]]}) => [0, 1.15 * Math.max(...depths.map(one => one[1]), 6e6)], aspect: 0.6, whole: "x", moves: true, plain: true,
      draw(plot, shown) {
        plot.across(6e6, {colour: 1, dash: "6 4"});
        plot.bars(shown.depths.map(one => one[1]), {at: k => shown.depths[k][0], width: 0.6, colour: k => (shown.depths[k][0] === shown.nearest ? 1 : 0), opacity: 0.5});
        plot.names(shown.depths, shown.depths.map(one => number(one[1])), {dy: -6, size: 0.85});
      }},
  ],
});
