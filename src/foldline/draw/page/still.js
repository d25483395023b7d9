// The notebook's use of the 3-D view: a mesh small enough to stand in a cell.
const note = document.querySelector("p"), canvas = document.querySelector("canvas"), view = solid(canvas);
if (!view) note.textContent = "This browser draws no WebGL2; the still above is all there is to see.";
else {
  const [places, steps, sizes, open] = await Promise.all([unpacked(data.places, Int32Array), unpacked(data.steps, Int32Array), unpacked(data.sizes, Uint32Array), unpacked(data.open, Uint32Array)]);
  const vertices = new Float32Array(places.length), corners = new Uint32Array(steps.length), offsets = new Uint32Array(sizes.length + 1);
  for (let i = 0; i < places.length; i++) { places[i] += i < 3 ? 0 : places[i - 3]; vertices[i] = places[i] * data.unit; }
  for (let face = 0, first = 0; face < sizes.length; face++) {
    offsets[face + 1] = offsets[face] + sizes[face];
    for (let k = offsets[face]; k < offsets[face + 1]; k++) corners[k] = first + steps[k];
    first = corners[offsets[face]];
    for (let k = offsets[face] + 1; k < offsets[face + 1]; k++) corners[k] = first + steps[k];
  }
  view.view.edges = data.edges;
  view.show({vertices, corners, offsets, open});
  view.frame(data.centre, data.radius);
  canvas.addEventListener("webglcontextlost", () => { note.textContent = "The graphics context was lost; close and open this view again."; });
}
