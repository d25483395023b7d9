// What is round the panels: title, beats, tools, knobs, numbers; none of it when embedded, large when presented.
import {h} from "./dom.js";
import {csv, json, png, save, snippet, svgText} from "./export.js";

export function chrome(page) {
  const {facts} = page;
  page.live = h("p", {class: "spoken", "aria-live": "polite"});
  page.note = h("p", {class: "warning", role: "status"});
  page.bar = h("div", {class: "progress", hidden: true}, h("progress", {"aria-label": page.common("working")}), h("button", {type: "button", onclick: () => page.stop()}, page.common("stop")));
  page.progress = done => { page.bar.hidden = done === null; const [now, all] = done ?? []; const meter = page.bar.firstChild; if (all > now) { meter.max = all; meter.value = now; } else meter.removeAttribute("value"); };
  page.body = h("div", {class: `panels n${page.plots.length}`}, ...page.plots.map(plot => plot.el));
  page.root.classList.add("fl");
  page.root.classList.toggle("present", page.presents); page.root.classList.toggle("embed", page.embeds);
  if (page.presents) present(page); else if (page.embeds) embed(page); else full(page);
}
// A page without a grid to compare with says why.
const help = page => [page.common("help"), page.facts.adds ? page.common("adds") : "", page.facts.overlay ? "" : page.ungridded].filter(Boolean).join(" ");
const title = page => h("h1", {}, page.facts.title);
function full(page) {
  const aside = h("aside", {"aria-label": page.common("aside")}, h("div", {class: "knobs"}, ...views(page), ...page.knobs.map(knob => knob.el)), page.bar, page.table.el);
  const main = h("main", {}, page.facts.slide ? h("p", {class: "slide"}, `${page.facts.number} · ${page.facts.slide}`) : null, title(page), page.facts.beats.length > 1 ? beats(page) : null, page.note, h("div", {class: "desk"}, page.body, aside), h("p", {class: "help"}, help(page)), page.live);
  page.root.replaceChildren(bar(page), main);
}
function views(page) {
  return Object.entries(page.spec.views ?? {}).map(([name, of]) => {
    const label = page.word("knobs", name), select = h("select", {"aria-label": label, onchange: event => page.dress(name, event.target.value)}, ...of.map(one => h("option", {value: one, selected: one === page.look[name]}, page.word("choices", one))));
    return h("label", {class: "knob"}, h("span", {}, label), select);
  });
}
function embed(page) {
  page.root.replaceChildren(h("main", {}, page.model.get("embed") ? h("p", {class: "embedded"}, page.facts.title) : h("h1", {class: "spoken"}, page.facts.title), page.note, page.body, page.bar, page.knobs.length ? h("div", {class: "knobs"}, ...page.knobs.map(knob => knob.el)) : null, page.table.el, page.live));
}
function beats(page) {
  const text = h("p", {class: "beat"}), buttons = page.facts.beats.map((_, k) => h("button", {type: "button", class: "step", "aria-label": `${page.common("beat")} ${k + 1}`, onclick: () => page.tell(k)}, String(k + 1)));
  const was = page.refresh;
  page.refresh = () => {
    was?.();
    const k = page.beat;
    buttons.forEach((button, j) => { if (j === k) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current"); });
    text.textContent = page.beatText(k < 0 ? 0 : k); text.classList.toggle("past", k < 0);
  };
  page.beat = 0;
  page.refresh();
  return h("div", {class: "beats"}, h("div", {class: "steps", role: "group", "aria-label": page.common("beats")}, ...buttons), text);
}
function bar(page) {
  const {facts} = page, k = facts.pages.findIndex(one => one.slug === facts.slug), tool = (name, act) => h("button", {type: "button", title: page.common(name), "aria-label": page.common(name), onclick: act}, SIGNS[name] ?? page.common(`${name}_short`));
  const undo = tool("undo", () => page.step(-1)), redo = tool("redo", () => page.step(1)), reset = tool("reset", () => page.reset());
  const was = page.refresh;
  page.refresh = () => { was?.(); undo.disabled = !page.history.back; redo.disabled = !page.history.on; };
  const go = h("select", {"aria-label": page.common("pages"), onchange: event => { location.href = page.link(event.target.value); }}, ...(k < 0 ? [h("option", {value: "index", selected: true}, facts.title)] : []), ...facts.pages.map(one => h("option", {value: one.slug, selected: one.slug === facts.slug}, `${one.number} · ${one.title}`)));
  page.link = slug => (facts.exported ? `${slug}.html` : `/${slug === "index" ? "" : slug}`);
  const step = (by, name) => { const there = k < 0 ? null : facts.pages[k + by]; return there ? h("a", {class: "tool", href: page.link(there.slug), title: there.title, "aria-label": `${page.common(name)}: ${there.title}`}, SIGNS[name]) : null; };
  const grid = facts.overlay ? h("label", {class: "overlay"}, h("input", {type: "checkbox", onchange: event => page.compare(event.target.checked)}), page.word("overlay", "grid")) : null;
  return h("header", {class: "bar"}, h("a", {class: "home", href: page.link("index")}, "foldline lab"), h("nav", {"aria-label": page.common("pages")}, step(-1, "before"), go, step(1, "after")),
    h("div", {class: "tools"}, grid, undo, redo, reset, tool("link", () => copy(page, location.href)), files(page), h("a", {class: "tool", href: "?present", title: page.common("present"), "aria-label": page.common("present"), onclick: event => { event.preventDefault(); location.href = `?present${location.hash}`; }}, page.common("present"))));
}
const SIGNS = {undo: "↶", redo: "↷", reset: "⟲", before: "←", after: "→"};
async function copy(page, text) {
  try { await navigator.clipboard.writeText(text); page.say(page.common("copied")); } catch { page.say(page.common("address")); }
}
function files(page) {
  const name = end => `${page.slug}.${end}`, all = page.plots.filter(plot => plot.svg && plot.canvas && !plot.el.hidden);
  const each = async make => { for (const plot of all) await make(plot); };
  const kinds = {
    SVG: () => each(plot => save(name(`${plot.key}.svg`), svgText(plot), "image/svg+xml")),
    PNG: () => each(async plot => save(name(`${plot.key}.png`), await png(plot))),
    CSV: () => save(name("csv"), csv(page.told.numbers), "text/csv"),
    JSON: () => save(name("json"), json(page), "application/json"),
    Python: () => save(name("py"), snippet(page), "text/x-python"),
  };
  const list = h("details", {class: "files"}, h("summary", {class: "tool"}, page.common("save")), h("div", {class: "menu"}, ...Object.entries(kinds).map(([kind, make]) => h("button", {type: "button", onclick: () => { make(); list.open = false; }}, kind))));
  return list;
}
// The lecture hall: one panel, large, and the arrow keys step through the beats; up and down change the panel.
function present(page) {
  const text = h("p", {class: "beat"}), count = h("span", {class: "count"});
  page.beat = 0; page.panel = 0;
  const show = () => {
    page.plots.forEach((plot, k) => { plot.el.hidden = k !== page.panel; });
    text.textContent = page.beatText(Math.max(0, page.beat)); count.textContent = `${Math.max(0, page.beat) + 1} / ${page.facts.beats.length}`;
  };
  page.room = () => page.body.clientHeight - 3.2 * 24;
  page.refresh = show;
  const keys = {ArrowRight: () => page.tell(page.beat + 1), ArrowLeft: () => page.tell(page.beat - 1), PageDown: () => page.tell(page.beat + 1), PageUp: () => page.tell(page.beat - 1), " ": () => page.tell(page.beat + 1)};
  const turn = by => { page.panel = (page.panel + by + page.plots.length) % page.plots.length; show(); page.relay(); };
  document.addEventListener("keydown", event => {
    if (event.target.closest?.(".handle, input, select")) return;
    if (keys[event.key]) keys[event.key](); else if (event.key === "g" && page.facts.overlay) page.compare(!page.overlay); else if (event.key === "ArrowDown") turn(1); else if (event.key === "ArrowUp") turn(-1); else if (event.key === "Escape") location.href = location.pathname + location.hash; else return;
    event.preventDefault();
  });
  page.root.replaceChildren(h("main", {class: "hall"}, h("div", {class: "head"}, title(page), count), text, page.note, page.body, h("div", {class: "foot"}, page.table.el), page.live));
  show();
}
