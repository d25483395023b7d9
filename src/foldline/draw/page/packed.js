// Arrays as Python packs them: the bytes of all numbers place by place, deflated, in base64.
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
async function unpacked(text, kind) {
  const planes = new Uint8Array(await new Response(new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  const wide = kind.BYTES_PER_ELEMENT, n = planes.length / wide, all = new Uint8Array(planes.length);
  for (let k = 0; k < wide; k++) for (let i = 0; i < n; i++) all[wide * i + k] = planes[n * k + i];
  return new kind(all.buffer);
}
