import {figure} from "../core/figure.js";

const WHOLE = [-1, -1, 1, 1];
const panel = (key, draw) => ({key, bare: true, x: [-1, 1], y: [-1, 1], square: true, draw});
const frame = (plot, [left, low, right, high]) => plot.line([[left, low], [right, low], [right, high], [left, high], [left, low]], {colour: "accent", width: 2});
export const render = figure({
  limits: {steps: [0, 1000]},
  panels: [
    panel("true", (plot, shown) => { const {fixed} = plot.page; if (fixed) plot.picture(fixed.true, WHOLE); frame(plot, shown.crop); }),
    {key: "crop", bare: true, aspect: 1, moves: true, x: ({crop = WHOLE}) => [crop[0], crop[2]], y: ({crop = WHOLE}) => [crop[1], crop[3]],
      draw(plot, shown, _, overlay) { plot.cells(shown.cells, plot.missed(overlay, i => `rgb(${shown.colours[i].join(",")})`), {stroke: "rgba(255,255,255,.4)", width: 0.4}); plot.known(overlay); }},
    panel("made", (plot, shown) => { plot.picture(shown.made, WHOLE); frame(plot, shown.crop); }),
    panel("error", (plot, shown) => plot.field(shown.error, WHOLE, [0, shown.full], "error")),
  ],
});
