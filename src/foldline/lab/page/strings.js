// All words of the lab in English; another language is one more file like this one.
const COMMON = {
  numbers: "Exact numbers", aside: "Knobs and numbers", working: "Working", stop: "Stop", pages: "Pages", before: "Before", after: "Next",
  undo: "Undo", redo: "Redo", reset: "Back to the slide", link: "Copy the address of this state", link_short: "Link", copied: "The address is copied.",
  address: "The address bar holds this state.", save: "Save", present: "Present", beat: "Step", beats: "The story in steps",
  rough: "While the hand moves only the target is shown; the proved network follows when it rests.", front: "The lecture, live", lead: "Each page is a question. Drag what it shows; every number on it comes from the library, exact where there is an exact one.",
  beside: "Beside the lecture", playground: "Your own data: what does it learn?", viewer: "A network or a mesh: what is its exact surface?",
  exported: "These pages hold recorded answers. The live ones, foldline lab, answer for every state, and train on your own data.",
  lost: "The lab has ended. Start it again and reload this page.",
  help: "Drag a handle, or press Tab to reach it and move it with the arrow keys: Shift for large steps, Alt for small ones; Page Down goes to the next.",
  adds: "A double click adds a point, Delete removes it, Enter changes its class.",
  seen: "regions that the grid knows of:",
  coarse: "A coarser view while it turns: the exact one follows when it rests.",
  turn: "Drag to turn; with the focus, arrow keys turn, + and − zoom, 0 resets.", nowebgl: "This browser draws no WebGL2; the numbers say what the view would show.", known: "This copy knows only some states; the nearest one is shown. The live page, foldline lab, knows them all.",
};
const OVERLAY = "What a 100 × 100 grid would tell";
const PAGES = {
  viewer: {
    panels: {solid: "In space", plane: "The plane: one polygon a linear region, or a class", point: "The point's other inputs", curve: "The exact curve", rows: "The rows, by their first two inputs", training: "Loss while it was trained"}, axes: {"training.x": "step", "training.y": "loss", "curve.x": "x"},
    handles: {pointer: "Pointer", point: "Input", to: "Measured to"}, knobs: {axes: "inputs that vary, from 0", reach: "reach", level: "level of the line", colour: "colour", open: "open another file"}, choices: {region: "linear regions", plain: "plain", normal: "normals"},
    numbers: {regions: "regions on the plane", cells: "cells on the plane", certified: "certified", complete: "complete", length: "length of the line", pointer: "pointer", value: "outputs there", distance: "distance to the other place"}, beats: [""],
  },
  playground: {
    panels: {plane: "The exact regions of what it has learnt", curve: "The exact curve", loss: "Loss"}, axes: {"loss.x": "step", "loss.y": "loss of a batch"},
    groups: {data: "Data", setup: "Network and training", compare: "Compare and keep"},
    data: {made: "made", csv: "CSV", drawn: "draw", formula: "formula"}, choices: {moons: "moons", rings: "rings", spirals: "spirals", blobs: "blobs", usual: "the usual one", relu: "ReLU", leaky_relu: "leaky ReLU", abs: "absolute value", adam: "Adam", sgd: "gradient descent", muon: "Muon", squared: "squared", absolute: "absolute", cross_entropy: "cross entropy"},
    knobs: {kind: "data", name: "which", n: "rows", seed: "seed", text: "formula in x1, x2", lo: "from", hi: "to", inputs: "inputs", csv: "rows, first line the names", target: "target column (the last unless named)", file: "or a CSV file", label: "class to draw", hidden: "hidden layers", activation: "units", loss: "loss", optimiser: "optimiser", rate: "rate", batch: "rows a step (0: all)", aside: "share kept aside", every: "steps a redraw", time: "go back to step", network: "compare with a network file"},
    buttons: {begin: "Use this data", train: "Train", stop: "Stop", one: "One step", restart: "Start again", keep: "Keep this one to compare", safetensors: "Save .safetensors", onnx: "Save .onnx", python: "Copy Python"},
    numbers: {step: "step", cells: "polygons of one class", regions: "linear regions", areas: "area of each class", certified: "certified", parameters: "parameters", least: "least value, about", most: "largest value, about", "loss.fitted": "loss, fitted rows", "loss.aside": "loss, rows kept aside", "accuracy.fitted": "accuracy, fitted rows", "accuracy.aside": "accuracy, rows kept aside", "mean_absolute_error.fitted": "mean error, fitted rows", "mean_absolute_error.aside": "mean error, kept aside", "rms_error.fitted": "rms error, fitted rows", "rms_error.aside": "rms error, kept aside", difference: "largest difference to the kept one, exact", where: "where"},
    notes: {confusion: "Confusion: a row a class, a column what it was taken for", drawing: "Click on the plane to add points of the class; two classes at least."},
    beats: [],
  },
  regions: {
    panels: {plane: "The plane, one polygon a linear region", facets: "The network's graph: one flat facet a region", weights0: "Weights of layer 1, row after row, then its biases", weights1: "Weights of layer 2", weights2: "Weights of layer 3", slice: "Where the plane lies: a point of it, by input"},
    axes: {"plane.x": "x₁", "plane.y": "x₂", "slice.x": "input"},
    numbers: {regions: "regions", pieces: "pieces", certified: "certified", map: "map under the pointer: slope, slope, offset", corners: "corners of its region, x₁ and x₂ in turn", area: "its area", pattern: "its pattern"},
    handles: {pointer: "Pointer", fold: "Fold of unit", weights: "Weight, layer and place", biases: "Bias, layer and place", plane: "Coordinate of the plane"},
    knobs: {network: "network", window: "window: left, low, right, high", colour: "colour by", layer: "weights shown"},
    choices: {ripple: "ripple, 2–10–10–1", wide: "2–32–32–1, never fitted", controller: "a pendulum's controller", pattern: "pattern", gradient: "gradient", value: "value", none: "none", first: "layer 1", second: "layer 2", third: "layer 3"},
    legend: {home: "region under the pointer", missed: "unknown to the grid"},
    beats: ["A network with two inputs cuts the plane into polygons; on each it is one affine map. Move the pointer.", "Another region: its own map, corners and pattern.", "1,821 regions; a grid of 100 × 100 samples knows of 694.", "A controller of a pendulum.", "A plane through a network of four inputs: move the plane."],
  },
  "random-labels": {
    panels: {errors: "Share of 4,000 random labels that are wrong"}, axes: {x: "epoch", y: "share wrong"},
    numbers: {parameters: "parameters of the four recorded", zero: "first epoch without an error", live_parameters: "parameters of the one that learns", error: "its share wrong", loss: "its loss, nats", live_zero: "its first epoch without an error"},
    knobs: {epochs: "epochs to learn now", hidden: "hidden layers", rate: "rate", seed: "seed"}, legend: {one: "1 layer", two: "2 layers", three: "3 layers", four: "4 layers", live: "learning now"},
    notes: {grid: "There is no grid to compare with: errors are counted over all 4,000 examples."},
    beats: ["Labels without meaning are learnt by heart, by deep networks sooner; recorded over 500,000 epochs.", "Four layers of 63 learn now, for 400 epochs.", "One layer of 200 learns now."],
  },
  image: {
    panels: {true: "The image; the frame is the crop", made: "The network at the pixels", error: "Where they differ", crop: "The crop: one polygon a linear region"},
    numbers: {psnr: "PSNR, dB", parameters: "parameters", pixels: "bytes of the pixels", png: "bytes as PNG", network: "bytes of the network", regions: "regions in the crop", certified: "certified"},
    handles: {low: "Lower left of the crop", high: "Upper right of the crop", middle: "Crop"}, knobs: {hidden: "hidden layers", steps: "steps of a fit now (0: the kept network)", seed: "seed"},
    beats: ["A cat in 128 × 128 pixels, and a network that was fitted to it.", "Another crop: wherever the image turns, regions crowd.", "A small network, fitted now in 300 steps."],
  },
  shapes: {
    panels: {exact: "Network: its exact surface", voxels: "Voxels", points: "Points", triangles: "Triangles", price: "Bytes", far: "Mean distance to the exact surface"}, axes: {"price.x": "voxels a side", "price.y": "bytes", "far.y": "distance"},
    numbers: {network: "bytes of the network", surface: "bytes of its exact surface", polygons: "polygons of it", "voxels.size": "voxels: bytes", "voxels.mean": "voxels: mean distance", "voxels.most": "voxels: largest seen", "points.size": "points: bytes", "points.mean": "points: mean distance", "points.most": "points: largest seen", "triangles.size": "triangles: bytes", "triangles.mean": "triangles: mean distance", "triangles.most": "triangles: largest seen"},
    handles: {resolution: "Resolution"}, knobs: {"resolutions.0": "voxels a side: 32, 64, 128"}, legend: {voxels: "voxels", points: "points", triangles: "triangles", network: "network"},
    notes: {grid: "There is no grid to switch on: this page is the comparison, with grids of 32, 64 and 128 a side."},
    beats: ["One elephant in four representations, made with a grid of 32³.", "Twice as fine: eight times the voxels."],
  },
  surface: {
    panels: {solid: "The exact zero set, and the slice", slice: "The slice and its regions; the line is the surface", near: "The window: one polygon a region"}, axes: {},
    numbers: {facets: "facets", closed: "closed", euler: "Euler number", area: "area", volume: "volume", off: "largest |f| on a vertex", slice: "regions on the slice", near: "regions in the window", pieces: "straight pieces of the line", certified: "certified"},
    handles: {at: "Height of the slice", low: "Lower left of the window", high: "Upper right of the window"}, knobs: {axis: "axis that is fixed: 0, 1, 2", at: "height of the slice", colour: "colour"}, choices: {plain: "plain", region: "linear regions"},
    beats: ["The network is zero on these polygons, and nowhere else in the box.", "Sliced along another axis.", "Higher up.", "A small window: the line bends where it crosses a fold."],
  },
  training: {
    overlay: {grid: "What 100 samples would draw"},
    panels: {curve: "The curve at this time", loss: "Sum of squares", joints: "Joints on the move", crossed: "Regions of weight space crossed"}, axes: {"curve.x": "x", "curve.y": "y", "loss.x": "epoch", "loss.y": "sum of squares", "joints.x": "epoch", "joints.y": "x of the joint", "crossed.x": "epoch", "crossed.y": "regions"},
    numbers: {epoch: "epoch", loss: "sum of squares", joints: "joints", crossed: "regions of weight space crossed", all: "regions crossed by the end", end: "sum of squares at the end", least: "least of any such network, proved"},
    handles: {shown: "Time"}, knobs: {"shown.0": "epoch", seed: "seed", units: "units", epochs: "epochs", rate: "rate"}, legend: {curve: "curve", point: "20 points", least: "least possible"},
    beats: ["The start: three joints at random.", "After 30 epochs the joints have hardly moved.", "After 300 the curve follows the points.", "The end of this start.", "And the least that any three units can reach, proved."],
  },
  approximation: {
    panels: {curve: "The curve, and a network inside the band of its proved error", error: "The error over the interval"}, axes: {"curve.x": "x", "curve.y": "y", "error.x": "x"},
    numbers: {units: "hidden units", error: "largest error over the whole interval", joints: "joints", enough: "units that meet the tolerance", least: "no network does it with fewer than", within: "its largest error", proof: "proved by"},
    handles: {drawn: "Corner of the target"}, knobs: {target: "target", "units.0": "hidden units", tolerances: "tolerance (one number, or none)"}, choices: {wave: "damped wave", sine: "sine", bell: "bell"},
    legend: {target: "target", network: "network", band: "proved band", error: "error", bound: "proved bound", sampled: "100 samples"}, notes: {seen: "largest error at 100 samples:"}, overlay: {grid: "What 100 samples would tell"},
    beats: ["Six units, as close as six can come. Drag the curve to draw your own.", "Ten units: the band narrows.", "Sixteen: a quarter of the error for twice the units.", "Or the other way round: the units that a tolerance of 0.05 takes, proved.", "Another curve, the same six units."],
  },
  "two-outputs": {
    overlay: {grid: "What 100 samples would draw"},
    panels: {curves: "Two outputs of the same four units", units: "The units: joint and slope", weights: "All weights of the outputs"}, axes: {"curves.x": "x", "curves.y": "y", "units.x": "x", "weights.y": "weight"},
    numbers: {shared: "joints both outputs have", joints: "joints of output", slopes: "slopes of output", parameters: "parameters"},
    handles: {joint: "Joint of unit", slope: "Slope of unit", outputs: "Weight of output"}, knobs: {"outputs.0.0": "offset of output 1", "outputs.1.0": "offset of output 2"}, legend: {first: "output 1", second: "output 2"},
    beats: ["Both outputs bend at the same places: a joint belongs to a unit.", "A weight of 0 hides a joint from one output, not from the other.", "Two units that switch at one place make one joint."],
  },
  composing: {
    panels: {first: "N₁", second: "N₂", whole: "N₂ after N₁"}, axes: {"first.x": "x", "first.y": "y = N₁(x)", "second.x": "y", "second.y": "N₂(y)", "whole.x": "x", "whole.y": "N₂(…N₁(x))"},
    numbers: {first: "pieces of N₁", pieces: "pieces of N₂ after 0, 1, 2, … copies of N₁", joints: "joints of the whole", over: "x with the same y", parameters: "parameters", free: "pieces of notebook 4.2's network"},
    handles: {level: "Level", first: "Joint of N₁, unit", second: "Joint of N₂, unit"}, knobs: {copies: "copies of N₁", level: "level y", variants: "other orders and signs, too"},
    legend: {curve: "exact curve", level: "level", sampled: "through 100 samples"}, notes: {unit: "unit"}, overlay: {grid: "What 100 samples would draw"},
    beats: ["N₁ folds the line: three x share each y, so N₂ is seen three times.", "Another level, its own three places.", "Two copies of N₁ fold nine times.", "Four copies: pieces multiply, parameters only add up.", "Other orders and signs have fewer pieces."],
  },
  bounds: {
    panels: {plot: "Regions that some weights reach, against parameters"}, axes: {x: "parameters", y: "linear regions"},
    numbers: {parameters: "parameters", lower: "regions some weights reach", folded: "counted on the folding network", noisy: "the same, moved by 1e-5 to 1e-2", least: "fewest of the random ones", most: "most of the random ones", "grid.most": "most regions that 10,000 samples can tell of", "grid.folded": "of the folding network's they tell of"},
    handles: {shape: "Width of the layers"}, knobs: {inputs: "inputs", width: "units a layer", depth: "layers", starts: "random networks"},
    legend: {one: "1 layer", two: "2", three: "3", four: "4", five: "5 layers", folded: "folding, counted", drawn: "random, counted", noisy: "perturbed, counted"},
    notes: {most: "more than 10,000 samples can tell of"},
    overlay: {grid: "What 10,000 samples would tell"},
    beats: ["Five layers of ten: 161,051 regions can be reached, and are counted here. The slide prints 161,501.", "Fewer units a layer: the same depth buys less.", "Two layers only.", "Ten inputs and layers of 50: a whole number of 42 digits."],
  },
  parameters: {
    panels: {widths: "Values a layer", layers: "Parameters of each matrix with its biases", depths: "4 to 7 hidden layers of this width"}, axes: {"widths.x": "layer", "widths.y": "values", "layers.x": "matrix", "layers.y": "parameters", "depths.x": "hidden layers", "depths.y": "parameters"},
    numbers: {parameters: "parameters", bytes: "bytes, four a number", layers: "layer by layer", depth: "with hidden layers:", "depth.4": "4 hidden layers", "depth.5": "5 hidden layers", "depth.6": "6 hidden layers", "depth.7": "7 hidden layers", nearest: "nearest to six million"},
    handles: {hidden: "Width of hidden layer"}, knobs: {inputs: "inputs", hidden: "hidden layers", outputs: "outputs"},
    notes: {grid: "There is no grid to compare with: parameters are counted, not sampled."},
    beats: ["The slide says six layers of 1000 and about 6M. Six hidden layers have 5,010,001.", "Seven have 6,011,001.", "DeepSDF's eight of 512 have far fewer."],
  },
  "zero-gradients": {
    panels: {weights: "Weight space: errors on each cell", plane: "The samples, and the line that the weight draws", walk: "Errors along the straight way to the best cell"}, axes: {"weights.x": "w₁", "weights.y": "w₂", "plane.x": "x₁", "plane.y": "x₂", "walk.x": "share of the way", "walk.y": "errors"},
    numbers: {errors: "errors of the weight held", cells: "cells of this slice", on_slice: "least errors on the slice", least: "least errors of any line, proved", gradient: "gradient inside a cell", between: "gradient between two cells: undefined", jumps: "jumps on the way"},
    handles: {weight: "Weight", points: "Sample"}, knobs: {offset: "offset b of the slice", n: "samples", noise: "noise", seed: "seed"},
    legend: {walk: "the way to the best cell", best: "its middle", line: "line held", goal: "line of the best cell", zero: "class 0", one: "class 1"},
    beats: ["On each cell the number of errors is one and the same: there is no slope to follow.", "Another weight, another cell; the gradient is 0 here as well.", "Another slice of weight space.", "Fewer samples cut fewer cells."],
  },
  relaxation: {
    panels: {curves: "The step and its softenings", plane: "The first of them over the plane", distance: "Temperatures: drag the first"}, axes: {"curves.x": "z = w·x + b", "curves.y": "σ(z / T)", "plane.x": "length (cm)", "plane.y": "brightness", "distance.y": "T"},
    numbers: {band: "half the band, in z", temperatures: "temperatures T", farthest: "largest distance to the step outside the band", at_zero: "distance on the boundary", levels: "σ at −1, 0 and 1", line: "line: b, w₁, w₂", "grid.farthest": "largest distance that 100 samples show"},
    handles: {band: "Edge of the band", temperatures: "Temperature"}, knobs: {"temperatures.0": "temperature T₁", band: "half the band", overlap: "spread of the fish", seed: "seed"},
    legend: {step: "step", first: "T₁", others: "other temperatures", salmon: "salmon", bass: "sea bass", line: "boundary", edge: "edge of the band", sampled: "100 samples of T₁"},
    overlay: {grid: "What 100 samples would tell"},
    beats: ["The sigmoid at several temperatures: on the boundary it is 1/2, always.", "Colder: nearer to the step outside any band.", "A wider band leaves less distance.", "Without a band the distance is 1/2 at every temperature."],
  },
  quadratic: {
    panels: {losses: "Loss of one example of class 1", slopes: "Size of its gradient", total: "Total quadratic loss, and two descents from one start", book: "The book's 20 points: squares as a likelihood"}, axes: {"losses.x": "z", "losses.y": "loss", "slopes.x": "z", "slopes.y": "|gradient|", "total.x": "w₀", "total.y": "w₁", "book.x": "x", "book.y": "y"},
    numbers: {z: "z of the example", loss: "quadratic loss", slope: "its gradient", other: "cross entropy", pull: "its gradient", steepest: "steepest gradient of the quadratic, at z = −ln 2", "end.quadratic": "quadratic loss after the descent", "end.binary_cross_entropy": "cross entropy after its descent", squares: "sum of 20 squares", likelihood: "−ln likelihood of normal errors", "grid.place": "lowest of 100 × 100 places", "grid.least": "total quadratic loss there"},
    handles: {z: "Example", start: "Start of the descents"}, knobs: {z: "z", steps: "steps", sigma: "deviation σ"}, legend: {quadratic: "quadratic", cross: "cross entropy", network: "network", residual: "residual", sampled: "lowest of the grid"},
    beats: ["A badly wrong example: the quadratic loss is flat there, cross entropy pulls.", "At −ln 2 the quadratic pulls most.", "A right example: both are flat, as they should be.", "From a better start both descents arrive."],
  },
  "cross-entropy": {
    panels: {bars: "Two distributions over two classes", curve: "H(p, q) over q", book: "The book's 20 points on the probability of their class"}, axes: {"bars.y": "share", "curve.x": "q of salmon", "curve.y": "H(p, q)", "book.x": "x", "book.y": "σ"},
    numbers: {p: "p", q: "q", cross: "H(p, q)", entropy: "H(p)", divergence: "KL(p, q) = H(p, q) − H(p)", total: "sum of 20 NLLs", likelihood: "likelihood, their product", least: "least sum over the offset", offset: "at the offset", "grid.least": "least H(p, q) of 100 samples", "grid.crossings": "where 100 samples see σ pass 1/2"},
    handles: {p: "Share p of salmon", q: "Share q of salmon", chance: "Share q of salmon"}, knobs: {"p.0": "p of salmon", "q.0": "q of salmon"}, legend: {p: "target p", q: "compared q", cross: "H(p, q)", entropy: "H(p)", sigma: "σ of the network", zero: "class 0", one: "class 1", sampled: "100 samples"},
    overlay: {grid: "What 100 samples would tell"},
    beats: ["H(p, q) is H(p) plus what q misses of p.", "Where q is p only the entropy is left.", "For a certain target it is −ln of the probability of the right class.", "Badly wrong and sure of it: a large loss."],
  },
  sigmoids: {
    panels: {logits: "Logits", sigmoids: "A sigmoid a class", stacks: "On top of each other", plane: "The sum of three trained sigmoids over two features"}, axes: {"logits.y": "a", "sigmoids.y": "σ(a)", "stacks.y": "sum", "plane.x": "x₁", "plane.y": "x₂"},
    numbers: {sigmoids: "sigmoids", sum: "their sum", softmax: "softmax", softmax_sum: "its sum", least: "least sum over the samples", most: "largest sum"},
    handles: {logits: "Logit"}, knobs: {n: "samples", spread: "spread", seed: "seed"}, legend: {below: "sum below 1", above: "sum above 1"},
    notes: {grid: "There is no grid to compare with: three values and their sum are told; the shading is a grid of 80 × 80 itself."},
    beats: ["Three sigmoids are three answers: their sum is not 1.", "Two classes can both be likely.", "Or none of the three."],
  },
  softmax: {
    panels: {logits: "Logits a", values: "softmax(a / T)", simplex: "The simplex of three classes"}, axes: {"logits.y": "a", "values.y": "share"},
    numbers: {logits: "logits", values: "softmax", sum: "sum", entropy: "entropy, nats", moved: "softmax of a + c", gap: "largest change by c: rounding"},
    handles: {logit: "Logit", point: "Point of the simplex"}, knobs: {temperature: "temperature T", shift: "c, added to all logits"}, legend: {way: "from arg max to the middle", mark: "T = 0.5, 1, 2, 5, 20"},
    notes: {grid: "There is no grid to compare with: one distribution is told in closed form."},
    beats: ["Exponentials, divided by their sum: shares that sum to 1.", "Cold: nearly arg max.", "Hot: nearly even.", "The same number added to all logits changes nothing.", "Equal logits: a third each."],
  },
  multiclass: {
    panels: {logits: "Logits", softmax: "softmax(a)", gradient: "Gradient = softmax − one-hot", plane: "W_k and the place x", book: "The book's 20 points on the probability of their class"}, axes: {"logits.y": "a", "softmax.y": "share", "gradient.y": "∂NLL/∂a", "plane.x": "1st feature", "plane.y": "2nd feature", "book.x": "x", "book.y": "probability"},
    numbers: {logits: "logits", softmax: "softmax", loss: "NLL of the right class", gradient: "gradient over", "gradient.0": "gradient over W₁: b, w, w", "gradient.1": "gradient over W₂", "gradient.2": "gradient over W₃", total: "sum of 20 NLLs", likelihood: "likelihood"},
    handles: {logits: "Logit", arrow: "W of class", x: "Place x"}, knobs: {label: "right class, from 0"}, legend: {weight: "W_k; dashed: its pull", x: "x", zero: "class 0", one: "class 1", two: "class 2"}, notes: {grid: "There is no grid to compare with: loss and gradient are told at one place, in closed form.", logits: "see step 4"},
    beats: ["Only one logit has to rise: that of the right class; the others fall by their share.", "Another class is right, the same logits.", "Nearly right: nearly no gradient.", "With weights: each W_k is pulled along x, by the same gradient."],
  },
  argmax: {
    panels: {plane: "The exact cells of arg max over the shading of softmax"}, axes: {x: "x₁", y: "x₂"},
    numbers: {cells: "cells", corners: "corners where three classes meet", meeting: "their coordinates, x₁ and x₂ in turn", areas: "area each class wins", empty: "classes that win nowhere", length: "length of the boundary", certified: "certified", "grid.areas": "areas as the grid counts them", "grid.empty": "classes that the grid sees nowhere"},
    handles: {arrow: "W of class", points: "Sample"}, knobs: {kind: "model", temperature: "temperature of the shading", hidden: "hidden layers of the network", steps: "steps of its fit", seed: "seed"}, choices: {lines: "a line a class", network: "a network"}, legend: {border: "exact boundary", meeting: "three classes meet", cell: "softmax of the logits"},
    beats: ["Four classes with a line each, and a fifth, their mean, which wins nowhere.", "Cold: softmax is nearly arg max.", "Hot: the cells stay, the shading pales.", "A network: each linear region is cut by its own lines."],
  },
  fish: {
    panels: {plane: "Salmon and sea bass by length and brightness"}, axes: {x: "length (cm)", y: "brightness"},
    numbers: {errors: "errors of the line held", line: "line held: w₀, w₁, w₂", separable: "a line can tell them apart", margin: "largest margin", best: "line with that margin", common: "certificate: a point of both hulls", fewest: "fewest errors of any line, proved", checked: "proof checked in rational numbers", "grid.errors": "errors of the best of 100 × 100 lines", "grid.margin": "its margin"},
    handles: {end: "End of the line", points: "Fish"}, knobs: {overlap: "spread of both kinds", n: "fish", seed: "seed"},
    legend: {salmon: "salmon", bass: "sea bass", held: "line held", best: "best line", common: "in both hulls", sampled: "best of the grid"}, notes: {common: "in both hulls"},
    overlay: {grid: "What 100 × 100 lines would tell"},
    beats: ["The fish lie apart: of all lines that tell them, one has the widest margin.", "A badly placed line makes errors; drag its ends.", "The kinds mix: one point lies in both hulls, so no line is right about every fish."],
  },
  units: {
    panels: {step: "Unit step", sigmoid: "Sigmoid", tanh: "Hyperbolic tangent", relu: "ReLU"}, axes: {x: "x"},
    numbers: {z: "z = w x + b", y: "y = σ(z)", "step.value": "step", "step.slope": "its derivative", "sigmoid.slope": "derivative of σ", "tanh.value": "tanh", "tanh.slope": "its derivative", "relu.value": "ReLU", "relu.slope": "its derivative", "grid.step": "steepest of 100 samples: step", "grid.sigmoid": "of σ", "grid.tanh": "of tanh", "grid.relu": "of ReLU"},
    handles: {x: "Place x"}, knobs: {x: "x", w: "weight w", b: "bias b"}, legend: {value: "value", slope: "derivative", sampled: "100 samples"},
    overlay: {grid: "What 100 samples would draw"},
    beats: ["The worked unit: z = 0.87 gives y = 0.7047457.", "At 0 the step and ReLU switch; 0 counts as off.", "Far out the sigmoid and tanh are flat: their derivative is near 0.", "A larger weight makes every unit steeper, the bias moves it."],
  },
  unit: {
    panels: {diagram: "The unit, with every value on the way", sliders: "Inputs, weights and bias: drag them", sums: "The sum, term by term"}, axes: {"sliders.x": "", "sliders.y": "value", "sums.y": "sum so far"},
    numbers: {terms: "weight × input", sums: "bias, then the sum after each term", z: "z = w·x + b", y: "y = σ(z)"},
    handles: {inputs: "Input", weights: "Weight", bias: "Bias"}, knobs: {bias: "bias b"},
    notes: {grid: "There is no grid to compare with: one unit is asked at one place."},
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
    notes: {grid: "There is no grid to compare with: parameters are counted, not sampled.", weight: "a weight: one line of the diagram", input: "input layer: a value each", hidden: "hidden layer: a unit each, with its bias", output: "output layer"},
    beats: ["One hidden layer: a shallow network. Two or more: a deep one.", "More units in the layer: more capacity.", "More layers: parameters grow with the product of neighbouring widths."],
  },
  line: {
    panels: {line: "The line and its squared residuals", bowl: "The same loss over offset and slope", descent: "Descent falls towards the least"},
    axes: {"line.x": "x", "line.y": "y", "bowl.x": "offset φ₀", "bowl.y": "slope φ₁", "descent.x": "step", "descent.y": "sum of squares"},
    numbers: {phi: "offset and slope held", optimum: "best offset and slope, in closed form", loss: "sum of squared residuals", least: "least possible sum", gradient: "gradient of the sum", after: "sum after the descent", "grid.place": "best of 100 × 100 lines", "grid.least": "its sum"},
    handles: {end: "End of the line", points: "Point", phi: "Line as a point of the bowl"},
    knobs: {steps: "steps of descent", seed: "seed of the points"},
    legend: {held: "line held", best: "best line", way: "descent", best_place: "least squares", sampled: "best of the grid"},
    overlay: {grid: "What 100 × 100 lines would tell"},
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
