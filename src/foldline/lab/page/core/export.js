// A page's figure and numbers as files: SVG, PNG, CSV, JSON, and the Python that gives the same answer.
import {h} from "./dom.js";

const RULES = "text{font:13px system-ui,sans-serif;fill:var(--ink)}.tick,.axis{fill:var(--soft)}.bold{font-weight:600}.haloed{paint-order:stroke;stroke:var(--paper);stroke-width:.31em;stroke-linejoin:round}.grid{stroke:var(--rule)}.frame{fill:none;stroke:var(--soft)}.hit,.halo{fill:none}";
const NAMES = ["paper", "ink", "soft", "rule", "accent", ...[0, 1, 2, 3, 4, 5].map(k => `s${k}`)];

export function svgText(plot) {
  const look = getComputedStyle(plot.el), made = plot.svg.cloneNode(true), {width, height} = plot;
  made.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  made.setAttribute("width", width); made.setAttribute("height", height);
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = `svg{${NAMES.map(name => `--${name}:${look.getPropertyValue(`--${name}`)}`).join(";")}}${RULES}`;
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({width: "100%", height: "100%", fill: "var(--paper)"})) paper.setAttribute(name, value);
  const below = document.createElementNS("http://www.w3.org/2000/svg", "image");
  for (const [name, value] of Object.entries({width, height, href: plot.canvas.toDataURL()})) below.setAttribute(name, value);
  made.prepend(style, paper, below);
  return new XMLSerializer().serializeToString(made);
}
export async function png(plot) {
  const image = new Image(), scale = 2;
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(plot))}`;
  await image.decode();
  const sheet = h("canvas", {width: scale * plot.width, height: scale * plot.height});
  sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
  return new Promise(done => sheet.toBlob(done, "image/png"));
}
// What a spreadsheet would run begins with one of these: it gets a quotation mark in front.
const cell = text => { const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text; return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
export function csv(numbers) {
  const lines = [["name", "value"]];
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== null && typeof value === "object") [...value].forEach((part, k) => lines.push([`${name}.${k}`, String(part)]));
    else lines.push([name, String(value)]);
  }
  return lines.map(line => line.map(cell).join(",")).join("\n") + "\n";
}
const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
export const json = page => JSON.stringify({question: page.slug, state: page.state, numbers: page.told.numbers, shown: page.told.shown}, plain, 1);
function python(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${python(part)}`).join(", ")}}`;
  return JSON.stringify(value);
}
export const snippet = page => `from foldline.lecture.live.page import tell\n\ntold = tell(${JSON.stringify(page.slug)}, ${python(page.state)})\nfor name, value in told.numbers.items():\n    print(name, value)\n`;
export function save(name, content, type) {
  const link = h("a", {href: URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
