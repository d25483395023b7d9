// The states of a page one after the other: undo, redo, reset, and the address that holds the whole state.
export class History {
  constructor(first) { this.states = [first]; this.now = 0; }
  push(state) {
    if (JSON.stringify(state) === JSON.stringify(this.states[this.now])) return;
    this.states.splice(this.now + 1);
    this.states.push(state);
    this.now = this.states.length - 1;
  }
  step(by) {
    this.now = Math.min(this.states.length - 1, Math.max(0, this.now + by));
    return this.states[this.now];
  }
  get back() { return this.now > 0; }
  get on() { return this.now + 1 < this.states.length; }
}
const text = value => encodeURIComponent(JSON.stringify(value));
const address = (state, look = {}) => `#s=${text(state)}${Object.keys(look).length ? `&v=${text(look)}` : ""}`;
function read(name) {
  const found = new URLSearchParams(globalThis.location?.hash.slice(1) ?? "").get(name);
  try { return found ? JSON.parse(found) : null; } catch { return null; }
}
export const addressed = () => read("s");
export const viewed = () => read("v") ?? {};
export function remember(state, look) {
  try { history.replaceState(null, "", address(state, look)); } catch { location.hash = address(state, look); }
}
