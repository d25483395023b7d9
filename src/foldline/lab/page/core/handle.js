// What can be dragged: by pointer, by touch (targets of 44 pixels), by arrow keys; each move is announced.
import {s} from "./dom.js";
import {short} from "./format.js";

const REACH = 22, STEPS = {plain: 50, Shift: 10, Alt: 200};
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1]};
const clamp = (v, lo, hi) => Math.min(hi, Math.max(lo, v));
const still = ({lo, hi}) => lo.every((v, axis) => v === hi[axis]); // it is pressed, not dragged
const fixed = v => Number(v.toFixed(6));

export class Handles {
  constructor(plot, page) {
    this.plot = plot; this.page = page; this.list = []; this.held = null; this.current = 0;
    plot.svg.addEventListener("pointerdown", event => this.down(event));
    plot.svg.addEventListener("pointermove", event => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) plot.svg.addEventListener(end, event => this.up(event));
    plot.svg.addEventListener("dblclick", event => this.twice(event));
  }
  // The same elements stay as long as there are as many handles of the same names, so that focus is kept.
  show(handles) {
    const same = handles.length === this.list.length && handles.every((one, k) => one.name === this.list[k].name);
    if (!same) {
      const focused = this.plot.handles.contains(document.activeElement) ? this.current : -1;
      this.list = handles.map((one, k) => ({...one, el: this.made(one, k), told: {}, slides: !still(one)}));
      this.current = clamp(this.current, 0, Math.max(0, handles.length - 1));
      this.plot.handles.replaceChildren(...this.list.map(one => one.el));
      if (focused >= 0) this.list[this.current]?.el.focus();
    }
    handles.forEach((one, k) => { Object.assign(this.list[k], one); if (!this.page.busy) this.list[k].goal = null; this.place(this.list[k]); });
    this.rove();
  }
  made(handle, k) {
    const r = 6.5 * this.plot.font / 13, paint = handle.series < 0 ? "var(--ink)" : `var(--s${handle.series % 6})`;
    return s("g", {class: `handle${still(handle) ? " still" : ""}`, role: still(handle) ? "button" : "slider", tabindex: -1, "aria-label": this.page.handleName(handle), onkeydown: event => this.key(event, k), onfocus: () => { this.current = k; this.rove(); }},
      s("circle", {class: "hit", r: REACH}), s("circle", {class: "halo", r: r + 5}), s("circle", {class: "grip", r, fill: "var(--paper)", stroke: paint, "stroke-width": 3}));
  }
  place(handle) {
    const at = this.held?.handle === handle ? this.held.at : handle.at, [x, y] = this.plot.at(at);
    const told = {transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`};
    const axis = handle.lo[0] === handle.hi[0] ? 1 : 0;
    const say = handle.lo[0] === handle.hi[0] ? short(at[1]) : handle.lo[1] === handle.hi[1] ? short(at[0]) : `${short(at[0])}, ${short(at[1])}`;
    if (handle.slides) Object.assign(told, {"aria-valuemin": fixed(handle.lo[axis]), "aria-valuemax": fixed(handle.hi[axis]), "aria-valuenow": fixed(at[axis]), "aria-valuetext": say});
    for (const [name, value] of Object.entries(told)) if (handle.told[name] !== value) handle.el.setAttribute(name, handle.told[name] = value);
    return say;
  }
  rove() { this.list.forEach((one, k) => { const to = k === this.current ? 0 : -1; if (one.el.tabIndex !== to) one.el.setAttribute("tabindex", to); }); }
  where(event) {
    const box = this.plot.svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  nearest([x, y]) {
    let [best, least] = [null, REACH];
    this.list.forEach((one, k) => {
      const [a, b] = this.plot.at(one.at), far = Math.hypot(a - x, b - y) - (k === this.current ? 0.5 : 0);
      if (far < least) [best, least] = [k, far];
    });
    return best;
  }
  down(event) {
    if (event.button) return;
    const at = this.where(event);
    let k = this.nearest(at), jump = false;
    if (k === null && this.plot.spec.goes) { k = this.list.findIndex(one => one.name === this.plot.spec.goes); jump = true; }
    if (k === null || k < 0) return;
    const handle = this.list[k], [a, b] = this.plot.at(handle.at);
    this.current = k; this.rove(); handle.el.focus({preventScroll: true});
    this.held = {handle, offset: jump ? [0, 0] : [a - at[0], b - at[1]], at: handle.at, pointer: event.pointerId, moved: false, from: at};
    this.plot.svg.setPointerCapture(event.pointerId);
    this.page.take();
    event.preventDefault();
    if (jump) this.move(event);
  }
  move(event) {
    const {held} = this;
    if (!held || event.pointerId !== held.pointer || still(held.handle)) return;
    const [x, y] = this.where(event);
    if (Math.hypot(x - held.from[0], y - held.from[1]) > 3 || held.offset[0] === 0) held.moved = true;
    if (!held.moved) return;
    held.at = this.kept(held.handle, this.plot.from(x + held.offset[0], y + held.offset[1]));
    this.place(held.handle);
    this.page.drag(held.handle, held.at);
  }
  up(event) {
    const {held} = this;
    if (!held || event.pointerId !== held.pointer) return;
    this.held = null;
    if (held.moved) this.page.drop(held.handle, held.at);
    else if (held.handle.acts.includes("press")) this.page.press(held.handle, "press");
    this.page.say(`${this.page.handleName(held.handle)}: ${this.place({...held.handle, at: held.at})}`);
  }
  twice(event) {
    const at = this.where(event);
    if (this.page.facts.adds && this.nearest(at) === null) this.page.add(this.plot.key, this.plot.from(...at));
  }
  // Of a handle that takes some values only: the next of them.
  stop({stops, lo, hi}, from, by, far) {
    const axis = lo[0] === hi[0] ? 1 : 0, near = stops.reduce((best, v, i) => (Math.abs(v - from[axis]) < Math.abs(stops[best] - from[axis]) ? i : best), 0);
    const to = stops[clamp(near + by * (far ? 5 : 1), 0, stops.length - 1)];
    return axis ? [from[0], to] : [to, from[1]];
  }
  kept({lo, hi}, at) { return at.map((v, axis) => clamp(v, lo[axis], hi[axis])); }
  key(event, k) {
    const handle = this.list[k], arrow = ARROWS[event.key];
    if (arrow && !event.ctrlKey && !event.metaKey) {
      const parts = STEPS[event.shiftKey ? "Shift" : event.altKey ? "Alt" : "plain"];
      // A handle with one way to go takes both pairs of arrows.
      const flat = handle.lo[1] === handle.hi[1], steep = handle.lo[0] === handle.hi[0], by = arrow[0] + arrow[1];
      const move = flat ? [by, 0] : steep ? [0, by] : arrow, from = handle.goal ?? handle.at;
      handle.goal = handle.stops?.length ? this.stop(handle, from, by, event.shiftKey) : this.kept(handle, from.map((v, axis) => v + move[axis] * (handle.hi[axis] - handle.lo[axis]) / parts));
      this.page.nudge(handle, handle.goal);
      this.page.say(`${this.page.handleName(handle)}: ${this.place({...handle, at: handle.goal})}`);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      const n = this.list.length;
      this.list[(k + (event.key === "PageDown" ? 1 : n - 1)) % n].el.focus();
    } else if ((event.key === "Enter" || event.key === " ") && handle.acts.includes("press")) this.page.press(handle, "press");
    else if ((event.key === "Delete" || event.key === "Backspace") && handle.acts.includes("delete")) this.page.press(handle, "delete");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
