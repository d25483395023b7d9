// The list of all pages: the lecture's questions in their order, and what is beside them.
import {h} from "../core/dom.js";
import {common} from "../strings.js";

const BESIDE = ["playground", "viewer"];
export function render({model, el}) {
  const facts = model.get("facts"), link = slug => (facts.exported ? `${slug}.html` : `/${slug}`);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  facts.colours[dark ? "dark" : "light"].forEach((colour, k) => el.style.setProperty(`--s${k}`, colour));
  el.classList.add("fl");
  const entry = (slug, name, mark) => h("li", {}, h("a", {href: link(slug)}, h("span", {class: "count"}, mark), name));
  const lecture = facts.pages.map(one => entry(one.slug, one.title, String(one.number)));
  const beside = facts.exported ? [h("p", {class: "soft"}, common("exported"))] : [h("h2", {}, common("beside")), h("ul", {class: "index"}, ...BESIDE.map(slug => entry(slug, common(slug), "·")))];
  el.replaceChildren(h("main", {class: "front"}, h("h1", {}, common("front")), h("p", {class: "lead"}, common("lead")), h("ol", {class: "index"}, ...lecture), ...beside));
  globalThis.foldline = {slug: "index", busy: false, numbers: [{name: "pages", shown: String(facts.pages.length)}]};
}
