// The transport of an exported page: answers that were recorded, and the nearest of them for what was not.
// Parts are texts and arrays, each there once; an answer names those that it is made of.
async function parts({lengths, bytes}) {
  const packed = Uint8Array.from(atob(bytes), c => c.charCodeAt(0));
  const whole = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  let at = 0;
  return lengths.map(length => whole.slice(at, at += length));
}
export function recordedModel(facts, store, made) {
  // A state is known by its text as this browser writes it.
  const hearers = {}, known = new Map(Object.entries(store.states).map(([text, number]) => [JSON.stringify(JSON.parse(text)), number])), [first] = known.values();
  const tell = (number, id, note) => setTimeout(() => {
    const [text, ...views] = store.frames[number].map(part => new DataView(made[part])), message = JSON.parse(new TextDecoder().decode(text));
    (hearers["msg:custom"] ?? []).forEach(hear => hear({...message, id, note}, views));
  });
  // Of the moves of a handle those from this state, else those from the first; of them the one that ended nearest.
  function moved(state, {drag, to}) {
    const here = known.get(JSON.stringify(state)), own = store.moves.filter(([from, name]) => name === drag && from === here);
    const moves = own.length ? own : store.moves.filter(([from, name]) => name === drag && from === first);
    const far = ([, , x, y]) => Math.abs(x - to[0]) + Math.abs(y - to[1]);
    return moves.reduce((best, move) => (best === null || far(move) < far(best) ? move : best), null);
  }
  function answer({id, state, deed}) {
    const exact = known.get(JSON.stringify(state));
    if (!deed && exact !== undefined) return tell(exact, id);
    const move = deed?.drag ? moved(state, deed) : null;
    if (move) return tell(move[4], id, "known");
    return tell(exact ?? first, id, "known");
  }
  return {
    get: name => (name === "facts" ? facts : undefined),
    on: (name, hear) => { (hearers[name] ??= []).push(hear); },
    send(message) { if (message.kind === "ask") answer(message); else if (message.kind === "fixed") tell(0, "fixed"); },
  };
}
export async function begin(render) {
  const read = name => JSON.parse(document.getElementById(name)?.textContent ?? "null"), facts = read("facts"), store = read("recorded");
  const model = store ? recordedModel(facts, store, await parts(store)) : {get: () => facts};
  render({model, el: document.getElementById("page")});
}
