// Messages with their arrays: a frame's header and bytes -> values. An array is a typed array; one of several
// dimensions is a list of its rows with all numbers in `flat`, and its `shape`.
const KINDS = {float64: Float64Array, float32: Float32Array, int32: Int32Array, int8: Int8Array, uint8: Uint8Array};
const LISTED = 60000; // rows up to which a matrix is given as rows too

function array(reference, view) {
  const {dtype, shape} = reference, Kind = KINDS[dtype];
  const flat = new Kind(view.buffer, view.byteOffset, view.byteLength / Kind.BYTES_PER_ELEMENT);
  return shape.length === 0 ? flat[0] : rows(flat, shape);
}
function rows(flat, shape) {
  if (shape.length === 1) return flat;
  const [n, ...rest] = shape, size = rest.reduce((a, b) => a * b, 1), made = [];
  if (n <= LISTED) for (let k = 0; k < n; k++) made.push(rows(flat.subarray(k * size, (k + 1) * size), rest));
  return Object.assign(made, {flat, shape});
}
export function filled(value, views) {
  if (Array.isArray(value)) return value.map(part => filled(part, views));
  if (value === null || typeof value !== "object") return value;
  if ("$array" in value) return array(value, views[value.$array]);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, filled(part, views)]));
}
const up = n => (n + 7) & ~7;
export function unpacked(buffer) {
  const head = new DataView(buffer), size = head.getUint32(0, true), count = head.getUint32(4, true), views = [];
  const text = new Uint8Array(buffer, 8 + 4 * count, size);
  for (let k = 0, at = up(8 + 4 * count + size); k < count; k++) {
    const bytes = head.getUint32(8 + 4 * k, true);
    views.push(new DataView(buffer, at, bytes));
    at += up(bytes);
  }
  return [JSON.parse(new TextDecoder().decode(text)), views];
}
export function packed(message) {
  const text = new TextEncoder().encode(JSON.stringify(message)), frame = new Uint8Array(8 + text.length);
  new DataView(frame.buffer).setUint32(0, text.length, true);
  frame.set(text, 8);
  return frame;
}
