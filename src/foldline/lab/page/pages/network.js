import {figure} from "../core/figure.js";

const NAMES = (k, n) => (k === 0 ? "input" : k === n - 1 ? "output" : "hidden");
const places = (width, most) => Array.from({length: Math.min(width, most)}, (_, i) => i + 1);
const diagram = which => ({
  key: which, wide: true, x: ({[which]: widths = [1, 1]}) => [-0.5, widths.length - 0.5], y: [0, 13], aspect: 0.32, whole: "xy", plain: true, moves: true,
  draw(plot, shown) {
    const widths = shown[which], {most} = shown;
    widths.slice(1).forEach((width, k) => {
      for (const a of places(widths[k], most)) for (const b of places(width, most)) plot.line([[k, a], [k + 1, b]], {colour: "soft", width: 0.7, opacity: 0.6, title: plot.say("weight")});
    });
    widths.forEach((width, k) => {
      const name = NAMES(k, widths.length);
      plot.dots(places(width, most).map(i => [k, i]), {colour: name === "hidden" ? 1 : 0, size: 8, title: () => plot.say(name)});
      plot.text([k, Math.min(width, most)], String(width), {dy: -18, bold: true});
    });
  },
});
export const render = figure({panels: [diagram("shallow"), diagram("deep")]});
