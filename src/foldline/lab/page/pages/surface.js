import {figure} from "../core/figure.js";
import {DARK} from "../core/plot.js";
import {Space} from "../core/space.js";

const WHOLE = [-1, -1, 1, 1];
const frame = (plot, [left, low, right, high]) => plot.line([[left, low], [right, low], [right, high], [left, high], [left, low]], {colour: "accent", width: 2});
export const render = figure({
  views: {colour: ["plain", "region"]},
  limits: {axis: [0, 2], at: [-1, 1]},
  panels: [
    {key: "solid", wide: true, Panel: Space, aspect: 0.55,
      draw(space, shown, state, overlay, fixed) {
        if (!fixed) return;
        space.mesh(fixed.exact, space.page.look.colour === "region" ? (space.dyed ??= mesh => space.regions(mesh)) : null);
        space.view.lines("cut", shown.space, {colour: [0.85, 0.25, 0.05, 1]});
        space.view.lines("frame", shown.frame, {colour: [0.85, 0.25, 0.05, 0.6]});
      }},
    {key: "slice", plain: true, x: [-1, 1], y: [-1, 1], square: true,
      draw(plot, shown) {
        if (shown.whole) plot.cells(shown.whole, () => null, {stroke: plot.page.dark ? "rgba(255,255,255,.16)" : "rgba(20,24,30,.13)", width: 0.4});
        plot.lines(shown.line, {width: 1.8});
        frame(plot, shown.window);
      }},
    {key: "near", plain: true, aspect: 1, moves: true, x: ({window = WHOLE}) => [window[0], window[2]], y: ({window = WHOLE}) => [window[1], window[3]],
      draw(plot, shown, _, overlay) {
        const palette = plot.page.facts.colours.regions;
        plot.cells(shown.near, plot.missed(overlay, i => palette[shown.colours[i]]), {width: 0.6});
        plot.lines(shown.line, {colour: DARK, width: 2.4});
        plot.known(overlay);
      }},
  ],
});
