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
  fish: {
    panels: {plane: "Salmon and sea bass by length and brightness"}, axes: {x: "length (cm)", y: "brightness"},
    numbers: {errors: "errors of the line held", line: "line held: w₀, w₁, w₂", separable: "a line can tell them apart", margin: "largest margin", best: "line with that margin", common: "certificate: a point of both hulls", fewest: "fewest errors of any line, proved", checked: "proof checked in rational numbers"},
    handles: {end: "End of the line", points: "Fish"}, knobs: {overlap: "spread of both kinds", n: "fish", seed: "seed"},
    legend: {salmon: "salmon", bass: "sea bass", held: "line held", best: "best line", common: "in both hulls"}, notes: {common: "in both hulls"},
    beats: ["The fish lie apart: of all lines that tell them, one has the widest margin.", "A badly placed line makes errors; drag its ends.", "The kinds mix: one point lies in both hulls, so no line is right about every fish."],
  },
  units: {
    panels: {step: "Unit step", sigmoid: "Sigmoid", tanh: "Hyperbolic tangent", relu: "ReLU"}, axes: {x: "x"},
    numbers: {z: "z = w x + b", y: "y = σ(z)", "step.value": "step", "step.slope": "its derivative", "sigmoid.slope": "derivative of σ", "tanh.value": "tanh", "tanh.slope": "its derivative", "relu.value": "ReLU", "relu.slope": "its derivative"},
    handles: {x: "Place x"}, knobs: {x: "x", w: "weight w", b: "bias b"}, legend: {value: "value", slope: "derivative"},
    beats: ["The worked unit: z = 0.87 gives y = 0.7047457.", "At 0 the step and ReLU switch; 0 counts as off.", "Far out the sigmoid and tanh are flat: their derivative is near 0.", "A larger weight makes every unit steeper, the bias moves it."],
  },
  unit: {
    panels: {diagram: "The unit, with every value on the way", sliders: "Inputs, weights and bias: drag them", sums: "The sum, term by term"}, axes: {"sliders.x": "", "sliders.y": "value", "sums.y": "sum so far"},
    numbers: {terms: "weight × input", sums: "bias, then the sum after each term", z: "z = w·x + b", y: "y = σ(z)"},
    handles: {inputs: "Input", weights: "Weight", bias: "Bias"}, knobs: {bias: "bias b"},
    beats: ["Each input times its weight, all added to the bias; a sigmoid of the sum.", "An input of 0 takes its weight out of the sum.", "A bias that cancels the sum leaves y at one half or near it.", "A negative weight pulls the sum down."],
  },
  gates: {
    panels: {square: "The truth table as four points", slice0: "Weight space, first slice", slice1: "Weight space, second slice", table: "All 16 functions of two inputs: which has a line?"},
    axes: {"square.x": "x₁", "square.y": "x₂", "slice0.x": "w₁", "slice0.y": "w₂", "slice1.x": "w₁", "slice1.y": "w₂"},
    numbers: {name: "function", errors: "rows the line has wrong", line: "line: b, w₁, w₂", margin: "largest margin", common: "certificate: in both hulls", mistakes: "mistakes of the perceptron's learning", most: "its bound on mistakes", separable: "of the 16 functions, one unit computes", cells: "cells of the two slices"},
    handles: {end: "End of the line", label: "Label of corner", weight: "Weight in slice"}, knobs: {"line.0": "bias b", "line.1": "weight w₁", "line.2": "weight w₂"},
    legend: {zero: "0", one: "1", common: "in both hulls", right: "all four right", wrong: "rows wrong"},
    beats: ["AND: a line has three corners on one side and one on the other.", "OR has a line, too.", "XOR: the middle lies in the hull of both classes, so there is no line.", "XNOR is the other one of 16 that no single unit computes."],
  },
  xor: {
    panels: {plane: "The plane of inputs, cut by two hidden units", hidden: "What the hidden layer makes of it", learnt: "Share of random starts that learn XOR, by hidden units"},
    axes: {"plane.x": "x₁", "plane.y": "x₂", "hidden.x": "h₁", "hidden.y": "h₂", "learnt.x": "hidden units"},
    numbers: {alone: "a line tells the corners apart in x", hidden: "a line tells them apart in h", common: "certificate in x", margin: "margin of the line in h", met: "certificate in h", h: "corners in h, one after the other", regions: "linear regions", success: "share of starts that learn it"},
    handles: {line: "Hidden line", points: "Corner"}, knobs: {level: "level of the output", starts: "random starts to train", seed: "seed"},
    legend: {zero: "class 0", one: "class 1", border: "where the class changes", fold: "hidden lines", separates: "widest line in h", common: "in both hulls"}, notes: {untrained: "Set the number of starts to train networks of 2, 3, 4 and 8 units."},
    beats: ["Two lines fold the plane: (0, 1) and (1, 0) fall on one point, and a line separates.", "Move a line, and the images move; the separation fails where a corner falls back.", "Another pair of lines does it as well.", "Found by training: how often depends on the width."],
  },
  network: {
    panels: {shallow: "Shallow: one hidden layer", deep: "Deep: more than one"}, axes: {x: "layer"},
    numbers: Object.fromEntries(["shallow", "deep"].flatMap(kind => [["weights", "weights"], ["biases", "biases"], ["parameters", "parameters"], ["capacity", "capacity: hidden units"], ["fully_connected", "fully connected"], ["piecewise_linear", "piecewise linear"]].map(([name, said]) => [`${kind}.${name}`, `${kind}: ${said}`]))),
    handles: {shallow: "Width, shallow, layer", deep: "Width, deep, layer"}, knobs: {shallow: "widths of the shallow one", deep: "widths of the deep one"},
    notes: {weight: "a weight: one line of the diagram", input: "input layer: a value each", hidden: "hidden layer: a unit each, with its bias", output: "output layer"},
    beats: ["One hidden layer: a shallow network. Two or more: a deep one.", "More units in the layer: more capacity.", "More layers: parameters grow with the product of neighbouring widths."],
  },
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
