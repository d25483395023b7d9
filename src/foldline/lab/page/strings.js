// All words of the lab in English; another language is one more file like this one.
const COMMON = {
  numbers: "Exact numbers", aside: "Knobs and numbers", working: "Working", stop: "Stop", pages: "Pages", before: "Before", after: "Next",
  undo: "Undo", redo: "Redo", reset: "Back to the slide", link: "Copy the address of this state", link_short: "Link", copied: "The address is copied.",
  address: "The address bar holds this state.", save: "Save", present: "Present", beat: "Step", beats: "The story in steps",
  lost: "The lab has ended. Start it again and reload this page.",
  help: "Drag a handle, or press Tab to reach it and move it with the arrow keys: Shift for large steps, Alt for small ones; Page Down goes to the next.",
  adds: "A double click adds a point, Delete removes it, Enter changes its class.",
  known: "This copy knows only some states; the nearest one is shown. The live page, foldline lab, knows them all.",
};
const OVERLAY = "What a 100 × 100 grid would tell";
const PAGES = {
  line: {
    panels: {line: "The line and its squared residuals", bowl: "The same loss over offset and slope", descent: "Descent falls towards the least"},
    axes: {"line.x": "x", "line.y": "y", "bowl.x": "offset φ₀", "bowl.y": "slope φ₁", "descent.x": "step", "descent.y": "sum of squares"},
    numbers: {phi: "offset and slope held", optimum: "best offset and slope, in closed form", loss: "sum of squared residuals", least: "least possible sum", gradient: "gradient of the sum", after: "sum after the descent"},
    handles: {end: "End of the line", points: "Point", phi: "Line as a point of the bowl"},
    knobs: {steps: "steps of descent", seed: "seed of the points"},
    legend: {held: "line held", best: "best line", way: "descent", best_place: "least squares"},
    beats: ["Drag the line, or the point in the bowl: they are one and the same.", "Near the bottom of the bowl the residual squares are small.", "Descent follows the slope of the bowl, and ends where the closed form says."],
  },
  shallow: {
    panels: {linear0: "1 linear, unit 1", linear1: "linear, unit 2", linear2: "linear, unit 3", rectified0: "2 ReLU", rectified1: "ReLU", rectified2: "ReLU", weighted0: "3 weighted", weighted1: "weighted", weighted2: "weighted", sum: "4 summed: one joint a unit"},
    axes: {"sum.x": "x", "sum.y": "y"},
    numbers: {joints: "joints", slopes: "slope of each piece", offsets: "offset of each piece", summed: "y at the place followed"},
    handles: {joint: "Joint of unit", end: "Slope of unit", weight: "Weight of unit", start: "Offset of the output", x: "Place followed"},
    knobs: {"output.0": "offset of the output", x: "place x"}, overlay: {grid: "What 100 samples would draw"},
    legend: {curve: "the curve", sampled: "through 100 samples"},
    beats: ["Three lines, cut off below zero, weighted and added: a curve of four pieces.", "Here only the first unit is on.", "Past a joint another unit joins in.", "All pieces are straight: the slope is the sum over the units that are on.", "Turn one weight around, and its joint bends the other way."],
  },
};

// Words by page, kind and name; a part of a list ("points.3") is called by its list and its number from 1.
export function words(slug, what, name, otherwise) {
  const known = PAGES[slug]?.[what] ?? {}, key = String(name);
  if (key in known) return known[key];
  const [, bare] = /^(?:xy?:|y:)?(.*)$/.exec(key);
  if (bare in known) return known[bare];
  const [stem, ...rest] = bare.split(".");
  if (stem in known) return `${known[stem]} ${rest.map(part => (/^\d+$/.test(part) ? Number(part) + 1 : part)).join(" ")}`.trim();
  if (what === "overlay") return OVERLAY;
  return otherwise === undefined ? bare.replaceAll("_", " ") : otherwise;
}
export const common = name => COMMON[name] ?? name;
