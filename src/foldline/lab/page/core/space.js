// A panel in three dimensions: the one 3-D view of the project, in a frame like the other panels.
import {h} from "./dom.js";
import {solid} from "./solid.js";

const PLAIN = [203, 200, 192];
export class Space {
  constructor(spec, page) {
    this.spec = spec; this.page = page; this.key = spec.key;
    const title = page.word("panels", spec.key);
    this.canvas = h("canvas", {tabindex: 0, role: "img", "aria-label": `${title}. ${page.common("turn")}${spec.picks ? ` ${page.common("picks")}` : ""}`});
    this.hint = page.common("turn") + (spec.picks ? ` ${page.common("picks")}` : "");
    this.note = h("figcaption", {}, spec.small ? "" : this.hint);
    this.stage = h("div", {class: "stage space"}, this.canvas);
    this.el = h("figure", {class: `panel${spec.wide ? " wide" : ""}${spec.small ? " small" : ""}`}, h("h2", {}, title), this.stage, this.note);
    this.view = solid(this.canvas);
    if (!this.view) this.note.textContent = page.common("nowebgl");
    else this.view.view.told = coarse => this.say(coarse);
    if (this.view && spec.picks) this.view.view.picked = ({from, way}) => page.pick(from, way);
    if (this.view && spec.up) { this.view.upright(spec.up); this.view.view.pitch = 0.7; }
  }
  // The note keeps its height: what is below it stays where it is while the shape turns.
  say(coarse) {
    if (this.spec.small) return;
    this.note.style.minHeight = `${this.note.offsetHeight}px`;
    this.note.textContent = coarse ? this.page.common("coarse") : this.hint;
  }
  layout() {
    const width = this.stage.clientWidth || 400, most = this.page.presents ? this.page.room(this) : Infinity;
    this.stage.style.height = `${Math.min(width * (this.spec.aspect ?? 0.75), most)}px`;
    this.view?.ask();
  }
  draw(shown, state, overlay, fixed) {
    if (!this.stage.style.height) this.layout();
    if (this.view) this.spec.draw(this, shown, state, overlay, fixed);
  }
  // A mesh is given to the graphics card once; a new one, or new colours, replace it.
  mesh(mesh, colour) {
    if (mesh !== this.had && (mesh.key === undefined || mesh.key !== this.had?.key)) {
      this.had = mesh; this.dress = colour;
      this.view.show(mesh, colour ? colour(mesh) : undefined);
      this.view.frame(Array.from(mesh.centre), mesh.radius, mesh.spread);
    } else if (colour !== this.dress) { this.dress = colour; this.view.paint(colour ? colour(mesh) : () => PLAIN); }
  }
  regions(mesh) { const palette = this.page.regionBytes(); return face => palette[mesh.colours[face]]; }
}
