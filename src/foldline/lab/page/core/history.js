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
export const address = state => `#s=${encodeURIComponent(JSON.stringify(state))}`;
export function addressed() {
  const text = new URLSearchParams(location.hash.slice(1)).get("s");
  try { return text ? JSON.parse(text) : null; } catch { return null; }
}
export function remember(state) {
  try { history.replaceState(null, "", address(state)); } catch { location.hash = address(state); }
}
