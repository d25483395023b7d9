// A page of the lecture: panels, handles, knobs, beats and numbers round one question, over any transport.
import {h} from "./dom.js";
import {filled} from "./decode.js";
import {Handles} from "./handle.js";
import {Plot} from "./plot.js";
import {Knob} from "./knob.js";
import {Table} from "./table.js";
import {History, addressed, remember, viewed} from "./history.js";
import {chrome} from "./chrome.js";
import {words, common} from "../strings.js";

export const figure = spec => ({model, el}) => {
  const page = new Page(spec, model, el);
  return () => page.close();
};
class Page {
  constructor(spec, model, el) {
    this.spec = spec; this.model = model; this.root = el;
    this.facts = model.get("facts"); this.slug = this.facts.slug;
    const query = new URLSearchParams(globalThis.location?.search ?? "");
    this.presents = query.has("present"); this.embeds = query.has("embed") || Boolean(model.get("embed"));
    this.state = (!model.get("embed") && addressed()) || this.facts.state;
    this.begin = this.facts.state; this.history = new History(this.state);
    this.busy = false; this.next = null; this.presses = []; this.number = 0; this.frames = []; this.overlay = false; this.beat = -1;
    this.plots = spec.panels.map(one => (one.Panel ? new one.Panel(one, this) : new Plot(one, this)));
    this.grips = this.plots.map(plot => (plot.svg ? new Handles(plot, this) : null));
    this.look = {...Object.fromEntries(Object.entries(spec.views ?? {}).map(([name, of]) => [name, of[0]])), ...viewed()};
    this.knobs = this.facts.knobs.map(one => new Knob(one, this));
    this.table = new Table(this);
    this.colour();
    chrome(this);
    this.arrange();
    model.on("msg:custom", (message, views) => this.hear(message, views ?? []));
    model.on("lost", () => this.lost());
    this.watch = new ResizeObserver(() => this.relay());
    this.watch.observe(this.body);
    globalThis.addEventListener?.("pagehide", () => this.close());
    if (this.facts.fixed) model.send({kind: spec.fixes ?? "fixed", id: "fixed", slug: this.slug});
    this.ask(this.state, null, {keep: true});
    this.publish();
  }
  colour() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const dress = () => {
      this.dark = dark.matches;
      this.facts.colours[dark.matches ? "dark" : "light"].forEach((colour, k) => this.root.style.setProperty(`--s${k}`, colour));
      if (this.told) this.draw();
    };
    dark.addEventListener("change", dress);
    dress();
  }
  // One question is under way at most; of those asked meanwhile the newest follows. A press is never passed over: each
  // begins where the one before it ended.
  act(deed) {
    if (!this.busy) { this.ask(this.state, deed, {keep: true}); return; }
    this.presses.push(deed); this.publish();
    if (this.facts.long && this.asked.moving) this.model.send({kind: "stop"});
  }
  ask(state, deed, how = {}) {
    const question = {state, deed, ...how, since: performance.now()};
    if (this.busy) { this.next = question; this.publish(); if (this.facts.long) this.model.send({kind: "stop"}); return; }
    this.send(question);
  }
  send(question) {
    this.busy = true; this.asked = question; this.trail = []; this.number += 1; this.publish();
    this.deliver(question);
  }
  deliver(question) {
    this.model.send({kind: this.spec.asks ?? "ask", id: this.number, slug: this.slug, state: question.state, deed: question.deed ?? null, overlay: this.overlay, moving: Boolean(question.moving), panels: this.plots.filter(plot => !plot.el.hidden).map(plot => plot.key)});
  }
  // A channel that broke (the machine slept, say) is opened once more for the question under way.
  lost() {
    if (this.closed) return;
    if (this.busy && !this.again) { this.again = true; this.deliver(this.asked); return; }
    this.busy = false; this.next = null; this.presses = [];
    this.warn(this.common("lost")); this.publish();
  }
  hear(message, views) {
    this.again = false;
    if (message.kind === "fixed") { this.fixed = filled(message.shown, views); if (this.told) this.draw(); return; }
    if (message.id !== this.number) return;
    if (message.kind === "progress") { this.progress(message.done); this.trail.push(message.done); if (this.told && this.spec.trail) this.draw(); return; }
    if (message.kind === "part") { this.part(filled(message.shown, views)); return; }
    this.busy = false; this.progress(null);
    try { this.answered(message, views); } finally { this.follow(message.kind); }
  }
  // Of an answer that is under way: what there is of it so far.
  part(shown) { if (this.told) { this.told = {...this.told, shown: {...this.told.shown, ...shown}}; this.draw(); } }
  answered(message, views) {
    if (message.kind === "error") this.warn(message.text);
    if (message.kind !== "told") return;
    const told = filled(message, views);
    this.told = told; this.state = told.state;
    if (!this.asked.moving && !this.sliding) this.table.free();
    this.warn(message.note ? this.common(message.note) : message.rough ? words(this.slug, "notes", "rough", this.common("rough")) : "");
    this.draw();
    this.frames.push(performance.now() - this.asked.since);
  }
  // The newest question goes on, also where an answer could not be drawn.
  follow(kind) {
    const {next} = this;
    this.next = null;
    if (!next && this.asked.keep && kind === "told") this.commit();
    if (next) this.send(next);
    else if (this.presses.length) this.act(this.presses.shift());
    this.publish();
  }
  draw() {
    this.arrange();
    const {shown, handles, numbers, overlay} = this.told;
    this.plots.forEach((plot, k) => {
      if (plot.el.hidden) return;
      plot.draw(shown, this.state, this.overlay ? overlay : null, this.fixed);
      this.grips[k]?.show(handles.filter(one => one.panel === plot.key));
    });
    this.knobs.forEach(knob => knob.show(this.state));
    if (!this.told.rough) this.table.show({...numbers, ...(this.overlay ? overlay?.numbers : null)});
    this.table.el.classList.toggle("stale", Boolean(this.told.rough));
    this.refresh?.();
  }
  dress(name, value) { this.look[name] = value; this.arrange(); this.relay(); remember(this.state, this.look); this.ask(this.state, null); }
  arrange() { if (!this.presents) this.plots.forEach(plot => { plot.el.hidden = Boolean(plot.spec.when && !plot.spec.when(this.look, this.state, this)); }); }
  relay() {
    if (!this.told) return;
    this.table.settle();
    this.plots.forEach(plot => { if (!plot.el.hidden) { plot.shown = this.told.shown; plot.layout(); } });
    this.draw();
  }
  commit() { this.history.push(this.state); if (!this.model.get("embed")) remember(this.state, this.look); this.refresh?.(); }
  publish() {
    const told = {slug: this.slug, state: this.state, busy: this.busy || Boolean(this.next) || this.presses.length > 0, numbers: this.table.read ?? [], frames: this.frames, said: this.live?.textContent, handles: this.told?.handles, warning: this.note?.textContent};
    this.root.foldline = told;
    globalThis.foldline = told;
    globalThis.foldlinePage = this;
  }
  // Deeds.
  take() { this.base = this.state; this.beat = -1; this.table.hold(); }
  // A knob that slides, and its end.
  slide(on) { this.sliding = on; if (on) this.table.hold(); else if (!this.busy) { this.table.free(); this.draw(); } }
  drag(handle, to) { this.ask(this.base, {drag: handle.name, to}, {moving: true}); }
  drop(handle, to) { this.ask(this.base, {drag: handle.name, to}, {keep: true}); }
  nudge(handle, to) { this.beat = -1; this.ask(this.state, {drag: handle.name, to}, {keep: true}); }
  press(handle, act) { this.act({press: handle.name, act}); }
  pick(from, way) { this.act({pick: true, from, way}); }
  add(panel, to) { this.act({add: panel, to}); }
  put(state) { this.beat = -1; this.ask(state, null, {keep: true}); }
  step(by) { this.ask(this.history.step(by), null); remember(this.history.states[this.history.now], this.look); }
  reset() { this.beat = 0; this.ask(this.begin, null, {keep: true}); }
  tell(k) {
    this.beat = Math.min(this.facts.beats.length - 1, Math.max(0, k));
    this.ask({...this.begin, ...this.facts.beats[this.beat]}, null, {keep: true});
    this.say(this.beatText(this.beat)); this.refresh?.();
  }
  compare(on) { this.overlay = on; this.root.classList.toggle("overlaid", on); this.ask(this.state, null); }
  stop() { this.model.send({kind: "stop"}); }
  close() { this.closed = true; this.watch.disconnect(); this.model.send({kind: "stop"}); this.model.close?.(); }
  // Words.
  word(what, name) { return words(this.slug, what, name); }
  common(name) { return common(name); }
  axis(panel, axis) { return words(this.slug, "axes", `${panel}.${axis}`, null) ?? words(this.slug, "axes", axis, null); }
  get ungridded() { return words(this.slug, "notes", "grid", ""); }
  beatText(k) { return words(this.slug, "beats", k, ""); }
  handleName({name}) { return words(this.slug, "handles", name); }
  regionBytes() { return (this.bytes ??= this.facts.colours.regions.map(hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16)))); }
  limits(path) { return this.spec.limits?.[path]; }
  say(text) { if (this.live) this.live.textContent = text; this.publish(); }
  warn(text) { if (this.note) this.note.textContent = text; }
}
