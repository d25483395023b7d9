// The 3-D view of a report: draws the polygons it is given with WebGL2. It measures nothing.
(async () => {
"use strict";
const data = JSON.parse(document.getElementById("solid-data").textContent);
const canvas = document.getElementById("solid");
const note = document.getElementById("solid-note");
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const inflate = async text => new Response(new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
const gl = canvas.getContext("webgl2", {antialias: true, preserveDrawingBuffer: true});
if (!gl) { note.textContent = "This browser draws no WebGL2; the numbers below say what the view would show."; return; }

const FACE_VERTEX = `#version 300 es
in vec3 place; in vec3 paint; uniform mat4 camera; uniform mat3 turn; out vec3 eye; out vec3 colour;
void main() { eye = turn * place; colour = paint; gl_Position = camera * vec4(place, 1.0); }`;
const FACE_FRAGMENT = `#version 300 es
precision highp float; in vec3 eye; in vec3 colour; out vec4 ink;
void main() {
  vec3 n = normalize(cross(dFdx(eye), dFdy(eye)));
  float key = max(dot(n, normalize(vec3(-0.45, 0.7, 0.55))), 0.0), sky = 0.5 + 0.5 * n.y, front = abs(n.z);
  ink = vec4(colour * (0.42 + 0.42 * key + 0.16 * sky + 0.06 * front), 1.0);
}`;
const LINE_VERTEX = `#version 300 es
in vec3 place; uniform mat4 camera; void main() { gl_Position = camera * vec4(place, 1.0); gl_Position.z -= 0.0006 * gl_Position.w; }`;
const LINE_FRAGMENT = `#version 300 es
precision highp float; uniform vec4 stroke; out vec4 ink; void main() { ink = vec4(stroke.rgb * stroke.a, stroke.a); }`;

function program(vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text); gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}
function attribute(owner, name, values, size, kind, normalised) {
  const buffer = gl.createBuffer(), at = gl.getAttribLocation(owner, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(at); gl.vertexAttribPointer(at, size, kind, normalised, 0, 0);
  return buffer;
}

// Polygons become fans; each triangle has its own corners so that a polygon is flat in colour.
const [vertices, steps, sizes, open, region, error] = await Promise.all(
  ["vertices", "corner_steps", "sizes", "open_edges", "region", "error"].map(name => inflate(data[name])))
  .then(([a, b, c, d, e, f]) => [new Float32Array(a), new Int32Array(b), new Uint16Array(c), new Uint32Array(d), new Uint8Array(e), new Uint8Array(f)]);
const nFaces = sizes.length, offsets = new Uint32Array(nFaces + 1), corners = new Uint32Array(steps.length);
sizes.forEach((size, i) => { offsets[i + 1] = offsets[i] + size; });
steps.forEach((step, i) => { corners[i] = (i ? corners[i - 1] : 0) + step; });
// A closed mesh runs along each edge once each way: the rising way is taken, and the open edges are given.
const edges = [...open];
for (let face = 0; face < nFaces; face++)
  for (let k = offsets[face]; k < offsets[face + 1]; k++) {
    const a = corners[k], b = corners[k + 1 < offsets[face + 1] ? k + 1 : offsets[face]];
    if (a < b) edges.push(a, b);
  }
const nTriangles = corners.length - 2 * nFaces;
const places = new Float32Array(9 * nTriangles), owner = new Uint32Array(nTriangles);
for (let face = 0, t = 0; face < nFaces; face++)
  for (let k = offsets[face] + 1; k + 1 < offsets[face + 1]; k++, t++) {
    owner[t] = face;
    [corners[offsets[face]], corners[k], corners[k + 1]].forEach((v, i) =>
      places.set(vertices.subarray(3 * v, 3 * v + 3), 9 * t + 3 * i));
  }
const segments = new Float32Array(3 * edges.length);
edges.forEach((v, i) => segments.set(vertices.subarray(3 * v, 3 * v + 3), 3 * i));

const faces = program(FACE_VERTEX, FACE_FRAGMENT), lines = program(LINE_VERTEX, LINE_FRAGMENT);
const faceArray = gl.createVertexArray(), lineArray = gl.createVertexArray();
gl.bindVertexArray(faceArray);
attribute(faces, "place", places, 3, gl.FLOAT, false);
const paints = new Uint8Array(9 * nTriangles), paintBuffer = attribute(faces, "paint", paints, 3, gl.UNSIGNED_BYTE, true);
gl.bindVertexArray(lineArray);
attribute(lines, "place", segments, 3, gl.FLOAT, false);

const PLAIN = [203, 200, 192];
const dress = {
  plain: () => () => PLAIN,
  region: () => table(region, bytes(data.region_palette)),
  error: () => table(error, bytes(data.error_palette)),
};
const table = (index, palette) => face => palette.subarray(3 * index[face], 3 * index[face] + 3);
function paint(name) {
  const of = dress[name]();
  for (let t = 0; t < nTriangles; t++) for (let k = 0; k < 9; k += 3) paints.set(of(owner[t]), 9 * t + k);
  gl.bindBuffer(gl.ARRAY_BUFFER, paintBuffer); gl.bufferData(gl.ARRAY_BUFFER, paints, gl.DYNAMIC_DRAW);
  document.querySelectorAll("[data-legend]").forEach(e => e.classList.toggle("shown", e.dataset.legend === name));
  ask();
}

const START = {yaw: -0.75, pitch: 0.2, zoom: 1};
const view = {...START, edges: true, up: "y"};
const radius = data.radius || 1, centre = data.centre, distance = 5 * radius;
function rotation(yaw, pitch) {
  const [a, b] = [Math.cos(yaw), Math.sin(yaw)], [c, d] = [Math.cos(pitch), Math.sin(pitch)];
  const rows = [[a, 0, b], [b * d, c, -a * d], [-b * c, d, a * c]];
  return view.up === "y" ? rows : rows.map(([x, y, z]) => [x, -z, y]); // z up: (x, y, z) stands as (x, z, -y)
}
// What the shape takes of the window, however far it is turned about its upright axis.
const TURNS = 24, LOOKED_AT = 6000;
function extent() {
  const step = 3 * Math.max(1, Math.floor(vertices.length / 3 / LOOKED_AT));
  let [across, low, high] = [1e-6, Infinity, -Infinity];
  for (let k = 0; k < TURNS; k++) {
    const R = rotation(2 * Math.PI * k / TURNS, START.pitch);
    for (let i = 0; i < vertices.length; i += step) {
      const [x, y, z] = R.map(row => row[0] * (vertices[i] - centre[0]) + row[1] * (vertices[i + 1] - centre[1]) + row[2] * (vertices[i + 2] - centre[2]));
      across = Math.max(across, Math.abs(x) / (distance - z));
      low = Math.min(low, y / (distance - z)); high = Math.max(high, y / (distance - z));
    }
  }
  return vertices.length ? {across, tall: (high - low) / 2, middle: (high + low) / 2} : {across: 1, tall: 1, middle: 0};
}
let fits = extent();
function draw() {
  const dpr = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.round(canvas.clientWidth * dpr), height = Math.round(canvas.clientHeight * dpr);
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  gl.viewport(0, 0, width, height); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  gl.enable(gl.DEPTH_TEST);
  const R = rotation(view.yaw, view.pitch), r = radius, c = centre, aspect = width / height;
  const far = distance, focal = 0.94 * view.zoom * Math.min(1 / fits.tall, aspect / fits.across);
  const near = 0.4 * r, deep = far + 2 * r, shift = R.map(row => -(row[0] * c[0] + row[1] * c[1] + row[2] * c[2]));
  const P = [focal / Math.max(aspect, 1e-6), focal];
  const A = -(deep + near) / (deep - near), B = -2 * deep * near / (deep - near);
  const cam = new Float32Array(16);
  for (let j = 0; j < 4; j++) {
    const x = j < 3 ? R[0][j] : shift[0], y = j < 3 ? R[1][j] : shift[1], z = j < 3 ? R[2][j] : shift[2] - far;
    cam.set([P[0] * x, P[1] * (y + fits.middle * z), A * z + (j === 3 ? B : 0), -z], 4 * j);
  }
  gl.useProgram(faces);
  gl.uniformMatrix4fv(gl.getUniformLocation(faces, "camera"), false, cam);
  gl.uniformMatrix3fv(gl.getUniformLocation(faces, "turn"), false, new Float32Array([0, 1, 2].flatMap(j => R.map(row => row[j]))));
  gl.disable(gl.BLEND); gl.bindVertexArray(faceArray); gl.drawArrays(gl.TRIANGLES, 0, 3 * nTriangles);
  if (view.edges) {
    gl.useProgram(lines);
    gl.uniformMatrix4fv(gl.getUniformLocation(lines, "camera"), false, cam);
    // An edge's length on the screen, about: edges that would cover the faces between them fade.
    const pixels = view.zoom * height / Math.sqrt(edges.length / 4);
    gl.uniform4f(gl.getUniformLocation(lines, "stroke"), 0.08, 0.1, 0.14, clamp((pixels - 1.5) / 26, 0.02, 0.6));
    gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(lineArray); gl.drawArrays(gl.LINES, 0, edges.length);
  }
  canvas.dataset.drawn = String(nFaces);
}
let asked = false;
function ask() { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; draw(); }); } }

const clamp = (x, lo, hi) => Math.min(hi, Math.max(lo, x));
function turn(dx, dy) { view.yaw += dx; view.pitch = clamp(view.pitch + dy, -1.5, 1.5); ask(); }
function zoom(by) { view.zoom = clamp(view.zoom * by, 0.4, 30); ask(); }
function reset() { Object.assign(view, START); ask(); }
const down = new Map();
canvas.addEventListener("pointerdown", e => { down.set(e.pointerId, [e.clientX, e.clientY]); canvas.setPointerCapture(e.pointerId); });
canvas.addEventListener("pointermove", e => {
  const was = down.get(e.pointerId);
  if (!was) return;
  const others = [...down].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
  if (others.length) zoom(Math.hypot(e.clientX - others[0][0], e.clientY - others[0][1]) / Math.max(1, Math.hypot(was[0] - others[0][0], was[1] - others[0][1])));
  else turn((e.clientX - was[0]) * 0.008 / Math.sqrt(view.zoom), (e.clientY - was[1]) * 0.008 / Math.sqrt(view.zoom));
  down.set(e.pointerId, [e.clientX, e.clientY]);
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, e => down.delete(e.pointerId));
// The wheel zooms only with the view focused, so that reading on never gets caught in it.
canvas.addEventListener("wheel", e => { if (document.activeElement === canvas) { e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015)); } }, {passive: false});
const KEYS = {ArrowLeft: () => turn(-0.12, 0), ArrowRight: () => turn(0.12, 0), ArrowUp: () => turn(0, -0.12), ArrowDown: () => turn(0, 0.12),
  "+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2), "0": reset};
canvas.addEventListener("keydown", e => { if (KEYS[e.key]) { e.preventDefault(); KEYS[e.key](); } });
document.querySelectorAll("input[name=paint]").forEach(e => e.addEventListener("change", () => paint(e.value)));
document.querySelectorAll("input[name=up]").forEach(e => e.addEventListener("change", () => {
  view.up = e.value; fits = extent(); ask();
}));
document.getElementById("edges").addEventListener("change", e => { view.edges = e.target.checked; ask(); });
document.querySelectorAll("[data-do]").forEach(e => e.addEventListener("click", () =>
  ({in: () => zoom(1.3), out: () => zoom(1 / 1.3), left: () => turn(-0.3, 0), right: () => turn(0.3, 0), reset})[e.dataset.do]()));
new ResizeObserver(ask).observe(canvas);
canvas.addEventListener("webglcontextlost", () => { note.textContent = "The graphics context was lost; reload the page."; });
paint(document.querySelector("input[name=paint]:checked").value);
})();
