// The report's use of the 3-D view: the data in its page, colours, buttons.
const data = JSON.parse(document.getElementById("solid-data").textContent), note = document.getElementById("solid-note");
const table = (index, palette) => face => palette.subarray(3 * index[face], 3 * index[face] + 3);

const canvas = document.getElementById("solid"), view = solid(canvas);
if (!view) note.textContent = "This browser draws no WebGL2; the numbers below say what the view would show.";
else await begin();
async function begin() {
  const kinds = {vertices: Float32Array, corner_steps: Int32Array, sizes: Uint32Array, open_edges: Uint32Array, region: Uint8Array, error: Uint8Array};
  const [vertices, steps, sizes, open, region, error] = await Promise.all(Object.entries(kinds).map(([name, kind]) => unpacked(data[name], kind)));
  const offsets = new Uint32Array(sizes.length + 1), corners = new Uint32Array(steps.length);
  sizes.forEach((size, i) => { offsets[i + 1] = offsets[i] + size; });
  steps.forEach((step, i) => { corners[i] = (i ? corners[i - 1] : 0) + step; });
  const said = note.textContent;
  view.view.told = coarse => { note.textContent = coarse ? "Coarser while it turns; the exact one follows when it rests." : said; };
  view.show({vertices, corners, offsets, open});
  view.frame(data.centre, data.radius || 1);
  const dress = {plain: () => [203, 200, 192], region: table(region, bytes(data.region_palette)), error: table(error, bytes(data.error_palette))};
  function paint(name) {
    view.paint(dress[name]);
    document.querySelectorAll("[data-legend]").forEach(e => e.classList.toggle("shown", e.dataset.legend === name));
  }
  document.querySelectorAll("input[name=paint]").forEach(e => e.addEventListener("change", () => paint(e.value)));
  document.querySelectorAll("input[name=up]").forEach(e => e.addEventListener("change", () => view.upright(e.value)));
  document.getElementById("edges").addEventListener("change", e => { view.view.edges = e.target.checked; view.ask(); });
  document.querySelectorAll("[data-do]").forEach(e => e.addEventListener("click", () =>
    ({in: () => view.zoom(1.3), out: () => view.zoom(1 / 1.3), left: () => view.turn(-0.3, 0), right: () => view.turn(0.3, 0), reset: view.reset})[e.dataset.do]()));
  canvas.addEventListener("webglcontextlost", () => { note.textContent = "The graphics context was lost; reload the page."; });
  paint(document.querySelector("input[name=paint]:checked").value);
}
