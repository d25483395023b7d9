// The one 3-D view: polygons, edges, lines and points drawn with WebGL2, turned by pointer and keys. The report, the lab
// and the notebook all draw with it. It measures nothing.
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
const POINT_VERTEX = `#version 300 es
in vec3 place; uniform mat4 camera; uniform float size; void main() { gl_Position = camera * vec4(place, 1.0); gl_PointSize = size; }`;

function program(gl, vertex, fragment) {
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

function attribute(gl, owner, name, values, size, kind, normalised) {
  const buffer = gl.createBuffer(), at = gl.getAttribLocation(owner, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(at); gl.vertexAttribPointer(at, size, kind, normalised, 0, 0);
  return buffer;
}
// Polygons become fans; each triangle has its own corners so that a polygon is flat in colour.
function fans({vertices, corners, offsets}) {
  const nFaces = offsets.length - 1, nTriangles = corners.length - 2 * nFaces;
  const places = new Float32Array(9 * nTriangles), owner = new Uint32Array(nTriangles);
  let at = 0;
  const put = v => { places[at++] = vertices[3 * v]; places[at++] = vertices[3 * v + 1]; places[at++] = vertices[3 * v + 2]; };
  for (let face = 0, t = 0; face < nFaces; face++)
    for (let k = offsets[face] + 1; k + 1 < offsets[face + 1]; k++, t++) {
      owner[t] = face;
      put(corners[offsets[face]]); put(corners[k]); put(corners[k + 1]);
    }
  return {places, owner};
}
// A closed mesh runs along each edge once each way: the rising way is taken, and the open edges are given.
function outline({vertices, corners, offsets, open = []}) {
  const segments = new Float32Array(6 * corners.length + 3 * open.length);
  let at = 0;
  const put = v => { segments[at++] = vertices[3 * v]; segments[at++] = vertices[3 * v + 1]; segments[at++] = vertices[3 * v + 2]; };
  for (const v of open) put(v);
  for (let face = 0; face + 1 < offsets.length; face++)
    for (let k = offsets[face]; k < offsets[face + 1]; k++) {
      const a = corners[k], b = corners[k + 1 < offsets[face + 1] ? k + 1 : offsets[face]];
      if (a < b) { put(a); put(b); }
    }
  return segments.subarray(0, at);
}
// Fewer triangles for a view that turns: corners move to the first corner in their cube of a grid; what shrinks goes.
function coarser({places, owner}, centre, radius) {
  const first = new Map(), of = new Uint32Array(places.length / 3), kept = [];
  const cube = (v, c) => Math.floor((places[3 * v + c] - centre[c]) / radius * CUBES) + 512;
  for (let v = 0; v < of.length; v++) {
    const name = (cube(v, 0) * 1024 + cube(v, 1)) * 1024 + cube(v, 2);
    of[v] = first.get(name) ?? v;
    if (of[v] === v) first.set(name, v);
  }
  for (let t = 0; t < owner.length; t++) { const [a, b, c] = of.subarray(3 * t, 3 * t + 3); if (a !== b && b !== c && a !== c) kept.push(t); }
  const made = new Float32Array(9 * kept.length);
  kept.forEach((t, k) => { for (let i = 0; i < 3; i++) for (let c = 0; c < 3; c++) made[9 * k + 3 * i + c] = places[3 * of[3 * t + i] + c]; });
  return {places: made, owner: Uint32Array.from(kept, t => owner[t])};
}
const PLAIN = [203, 200, 192], NONE = {vertices: new Float32Array(0), corners: [], offsets: [0]};
const clamp = (x, lo, hi) => Math.min(hi, Math.max(lo, x));
export const START = {yaw: -0.75, pitch: 0.2, zoom: 1};
// What the shape takes of the window, however far it is turned about its upright axis.
const TURNS = 24, LOOKED_AT = 6000;
// Without a graphics card: triangles from which a coarser view turns, on so many cubes a radius; milliseconds to its rest.
const MANY = 60000, CUBES = 30, REST = 250;
const STILL = 4; // pixels that a press may move and still pick

let found;
function hasCard() {
  if (found !== undefined) return found;
  const gl = document.createElement("canvas").getContext("webgl2"), info = gl?.getExtension("WEBGL_debug_renderer_info");
  found = !info || !/swiftshader|llvmpipe|softpipe|basic render/i.test(gl.getParameter(info.UNMASKED_RENDERER_WEBGL));
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return found;
}
// A view on a canvas. `show` gives it polygons ({vertices, corners, offsets, open}), `paint` a colour for each of them,
// `lines` and `points` what else is drawn, `frame` the centre and radius it looks at; `view.told` hears when a coarser one
// is shown. Null without WebGL2.
export function solid(canvas) {
  // Without a graphics card edges are smoothed by drawing twice as large, and only at rest.
  const card = hasCard(), gl = canvas.getContext("webgl2", {antialias: card, preserveDrawingBuffer: true});
  if (!gl) return null;
  const faces = program(gl, FACE_VERTEX, FACE_FRAGMENT), lines = program(gl, LINE_VERTEX, LINE_FRAGMENT), dots = program(gl, POINT_VERTEX, LINE_FRAGMENT);
  const view = {...START, edges: true, up: "y", coarse: false};
  let mesh = NONE, centre = [0, 0, 0], radius = 1, distance = 5, fits = {across: 1, tall: 1, middle: 0};
  const extra = new Map(), whole = polygons(), coarse = polygons(), lineArray = gl.createVertexArray();
  let dye = () => PLAIN, nEdges = 0, moved = -REST, resting = 0;
  gl.bindVertexArray(lineArray);
  const edgeBuffer = attribute(gl, lines, "place", new Float32Array(0), 3, gl.FLOAT, false);
  const fill = (buffer, values) => { gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW); };

  function polygons() {
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    return {array, places: attribute(gl, faces, "place", new Float32Array(0), 3, gl.FLOAT, false), paints: attribute(gl, faces, "paint", new Uint8Array(0), 3, gl.UNSIGNED_BYTE, true), made: null};
  }
  function give(part, made) { part.made = made; if (made) { fill(part.places, made.places); colour(part); } }
  function colour({made: {owner}, paints: buffer}) {
    const paints = new Uint8Array(9 * owner.length);
    for (let t = 0, at = 0; t < owner.length; t++) {
      const [r, g, b] = dye(owner[t]);
      for (let k = 0; k < 3; k++) { paints[at++] = r; paints[at++] = g; paints[at++] = b; }
    }
    fill(buffer, paints);
  }
  function show(next, of = () => PLAIN) {
    const segments = outline(next);
    mesh = next; dye = of; nEdges = segments.length / 3;
    give(whole, fans(mesh)); give(coarse, null); fill(edgeBuffer, segments); ask();
  }
  function paint(of) { dye = of; for (const part of [whole, coarse]) if (part.made) colour(part); ask(); }
  // What is drawn while it moves.
  function lighter() {
    const many = whole.made && whole.made.owner.length > MANY;
    if (many && !coarse.made) give(coarse, coarser(whole.made, centre, radius));
    return many ? coarse : whole;
  }
  function move() { if (card) { ask(); return; } moved = performance.now(); clearTimeout(resting); resting = setTimeout(ask, REST); ask(); }
  function also(name, places, look, mode) {
    if (!extra.has(name)) {
      const array = gl.createVertexArray();
      gl.bindVertexArray(array);
      extra.set(name, {array, buffer: attribute(gl, mode === gl.POINTS ? dots : lines, "place", new Float32Array(0), 3, gl.FLOAT, false), mode});
    }
    const one = extra.get(name);
    Object.assign(one, {look, n: places.length / 3});
    fill(one.buffer, places instanceof Float32Array ? places : new Float32Array(places)); ask();
  }
  function frame(at, size, spread) { centre = at; radius = size || 1; distance = 5 * radius; fits = extent(spread ?? mesh.vertices); ask(); }
  function rotation(yaw, pitch) {
    const [a, b] = [Math.cos(yaw), Math.sin(yaw)], [c, d] = [Math.cos(pitch), Math.sin(pitch)];
    const rows = [[a, 0, b], [b * d, c, -a * d], [-b * c, d, a * c]];
    return view.up === "y" ? rows : rows.map(([x, y, z]) => [x, -z, y]); // z up: (x, y, z) stands as (x, z, -y)
  }
  function extent(vertices) {
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
  // The matrix that takes a place to the window, column by column, and the rotation alone.
  function camera(width, height) {
    const R = rotation(view.yaw, view.pitch), c = centre, aspect = width / height;
    const far = distance, focal = 0.94 * view.zoom * Math.min(1 / fits.tall, aspect / fits.across);
    const near = 0.4 * radius, deep = far + 2 * radius, shift = R.map(row => -(row[0] * c[0] + row[1] * c[1] + row[2] * c[2]));
    const P = [focal / Math.max(aspect, 1e-6), focal];
    const A = -(deep + near) / (deep - near), B = -2 * deep * near / (deep - near);
    const cam = new Float32Array(16);
    for (let j = 0; j < 4; j++) {
      const x = j < 3 ? R[0][j] : shift[0], y = j < 3 ? R[1][j] : shift[1], z = j < 3 ? R[2][j] : shift[2] - far;
      cam.set([P[0] * x, P[1] * (y + fits.middle * z), A * z + (j === 3 ? B : 0), -z], 4 * j);
    }
    return [cam, R];
  }
  function draw() {
    const moves = performance.now() - moved < REST, part = moves ? lighter() : whole, said = part === coarse;
    const dpr = Math.min(window.devicePixelRatio || 1, 2) * (card || moves || window.devicePixelRatio > 1 ? 1 : 2);
    const width = Math.round(canvas.clientWidth * dpr), height = Math.round(canvas.clientHeight * dpr);
    if (said !== view.coarse) { view.coarse = said; view.told?.(said); }
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    gl.viewport(0, 0, width, height); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    const [cam, R] = camera(width, height);
    gl.useProgram(faces);
    gl.uniformMatrix4fv(gl.getUniformLocation(faces, "camera"), false, cam);
    gl.uniformMatrix3fv(gl.getUniformLocation(faces, "turn"), false, new Float32Array([0, 1, 2].flatMap(j => R.map(row => row[j]))));
    gl.disable(gl.BLEND); gl.bindVertexArray(part.array); gl.drawArrays(gl.TRIANGLES, 0, 3 * (part.made?.owner.length ?? 0));
    if (view.edges && nEdges && part === whole) {
      // An edge's length on the screen, about: edges that would cover the faces between them fade.
      const pixels = view.zoom * height / Math.sqrt(nEdges / 4);
      stroke(lines, cam, [0.08, 0.1, 0.14, clamp((pixels - 1.5) / 26, 0.02, 0.6)]);
      gl.bindVertexArray(lineArray); gl.drawArrays(gl.LINES, 0, nEdges);
    }
    for (const {array, look, n, mode} of extra.values()) {
      stroke(mode === gl.POINTS ? dots : lines, cam, look.colour);
      if (mode === gl.POINTS) gl.uniform1f(gl.getUniformLocation(dots, "size"), (look.size ?? 3) * dpr);
      if (look.over) gl.disable(gl.DEPTH_TEST);
      gl.bindVertexArray(array); gl.drawArrays(mode, 0, n);
      gl.enable(gl.DEPTH_TEST);
    }
    if (mesh !== NONE) canvas.dataset.drawn = String(mesh.offsets.length - 1);
  }
  function stroke(owner, cam, colour) {
    gl.useProgram(owner);
    gl.uniformMatrix4fv(gl.getUniformLocation(owner, "camera"), false, cam);
    gl.uniform4f(gl.getUniformLocation(owner, "stroke"), ...colour);
    gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }
  // The ray that a place of the window, in its pixels, looks along: where it begins, and its way.
  function ray(x, y) {
    const [tall, wide] = [canvas.clientHeight, canvas.clientWidth], R = rotation(view.yaw, view.pitch), aspect = wide / tall;
    const focal = 0.94 * view.zoom * Math.min(1 / fits.tall, aspect / fits.across);
    const across = (2 * x / wide - 1) * aspect / focal, up = (1 - 2 * y / tall) / focal + fits.middle;
    return {from: [0, 1, 2].map(c => centre[c] + distance * R[2][c]), way: [0, 1, 2].map(c => across * R[0][c] + up * R[1][c] - R[2][c])};
  }
  let asked = false;
  function ask() { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; draw(); }); } }
  function turn(dx, dy) { view.yaw += dx; view.pitch = clamp(view.pitch + dy, -1.5, 1.5); move(); }
  function zoom(by) { view.zoom = clamp(view.zoom * by, 0.4, 30); move(); }
  function reset() { Object.assign(view, START); ask(); }
  const down = new Map();
  let begun = null;
  canvas.addEventListener("pointerdown", e => { begun = down.size ? null : [e.clientX, e.clientY]; down.set(e.pointerId, [e.clientX, e.clientY]); canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", e => {
    const was = down.get(e.pointerId);
    if (!was) return;
    const others = [...down].filter(([id]) => id !== e.pointerId).map(([, p]) => p);
    if (others.length) zoom(Math.hypot(e.clientX - others[0][0], e.clientY - others[0][1]) / Math.max(1, Math.hypot(was[0] - others[0][0], was[1] - others[0][1])));
    else turn((e.clientX - was[0]) * 0.008 / Math.sqrt(view.zoom), (e.clientY - was[1]) * 0.008 / Math.sqrt(view.zoom));
    down.set(e.pointerId, [e.clientX, e.clientY]);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, e => down.delete(e.pointerId));
  // A press that did not turn it picks a place.
  canvas.addEventListener("pointerup", e => {
    if (!begun || Math.hypot(e.clientX - begun[0], e.clientY - begun[1]) > STILL) return;
    const box = canvas.getBoundingClientRect();
    view.picked?.(ray(e.clientX - box.left, e.clientY - box.top));
  });
  // The wheel zooms only with the view focused, so that reading on never gets caught in it.
  canvas.addEventListener("wheel", e => { if (document.activeElement === canvas) { e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015)); } }, {passive: false});
  const KEYS = {ArrowLeft: () => turn(-0.12, 0), ArrowRight: () => turn(0.12, 0), ArrowUp: () => turn(0, -0.12), ArrowDown: () => turn(0, 0.12),
    "+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2), "0": reset, Enter: () => view.picked?.(ray(canvas.clientWidth / 2, canvas.clientHeight / 2))};
  canvas.addEventListener("keydown", e => { if (KEYS[e.key]) { e.preventDefault(); KEYS[e.key](); } });
  new ResizeObserver(ask).observe(canvas);
  return {
    view, show, paint, frame, ask, draw, turn, zoom, reset,
    lines: (name, places, look) => also(name, places, look, gl.LINES),
    points: (name, places, look) => also(name, places, look, gl.POINTS),
    upright(axis) { view.up = axis; fits = extent(mesh.vertices); ask(); },
  };
}
