import {figure} from "../core/figure.js";
import {Space} from "../core/space.js";
import {number} from "../core/format.js";

const KINDS = ["voxels", "points", "triangles", "network"];
const view = (key, draw) => ({key, Panel: Space, small: true, aspect: 0.9, draw});
export const render = figure({
  panels: [
    view("exact", (space, shown, state, overlay, fixed) => { if (fixed) space.mesh(fixed.exact); space.view.view.edges = false; }),
    view("voxels", (space, shown) => { if (shown.voxels) space.mesh(shown.voxels); }),
    view("triangles", (space, shown) => { if (shown.triangles) space.mesh(shown.triangles); }),
    view("points", (space, shown, state, overlay, fixed) => {
      if (!shown.points) return;
      space.view.points("cloud", shown.points.flat, {colour: [0.13, 0.55, 0.41, 1], size: 2.2});
      if (fixed) space.view.frame(Array.from(fixed.exact.centre), fixed.exact.radius, shown.points.flat);
    }),
    {key: "price", small: true, x: [20, 160], y: [1e3, 4e6], log: "xy", aspect: 0.9, legend: KINDS.map((kind, k) => [k, kind, k < 3 ? "circle" : "dash"]),
      draw(plot, shown) {
        if (!shown.sizes) return;
        plot.across(shown.sizes.network, {colour: 3, dash: "6 4"});
        KINDS.slice(0, 3).forEach((kind, k) => plot.dots([[shown.n, shown.sizes[kind]]], {colour: k, size: 6, title: () => number(shown.sizes[kind])}));
      }},
    {key: "far", small: true, x: [-0.6, 2.6], y: [0, 0.026], aspect: 0.9, whole: "x", ticks: {x: v => ["voxels", "points", "mesh"][v] ?? ""},
      draw(plot, shown) { if (shown.far) plot.bars(KINDS.slice(0, 3).map(kind => shown.far[kind][0]), {width: 0.5, opacity: 0.5}); }},
  ],
});
