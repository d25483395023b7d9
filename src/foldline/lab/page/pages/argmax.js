import {figure} from "../core/figure.js";
import {MARKS} from "../core/plot.js";

const R = ({reach = 4}) => [-reach, reach];
export const render = figure({
  limits: {temperature: [0.05, 40]},
  panels: [
    {key: "plane", wide: true, plain: true, x: R, y: R, aspect: 0.72, legend: [["ink", "border"], ["ink", "meeting", "star"], [0, "cell", "area"]],
      draw(plot, shown, _, overlay) {
        plot.mix((overlay ?? shown).shares, shown.box, {smooth: !overlay, alpha: 0.55});
        plot.cells(shown.cells, () => null, {stroke: "rgba(20,24,30,.25)", width: 0.6});
        for (const line of shown.border) { plot.line(line, {colour: "paper", width: 4}); plot.line(line, {width: 2}); }
        shown.arrows.forEach((arrow, k) => plot.line([[0, 0], arrow], {colour: k, width: 2.6}));
        plot.dots(shown.points, {colour: k => shown.labels[k], shape: k => MARKS[shown.labels[k]], size: 4.5});
        plot.dots(shown.meeting, {shape: "star", size: 4});
      }},
  ],
});
