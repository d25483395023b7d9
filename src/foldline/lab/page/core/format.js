// Numbers as they are read: whole ones with their thousands, others with six digits.
const DIGITS = 6, LONG = 12;

export function shown(value) {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return /^-?\d{5,}$/.test(value) ? grouped(value) : value;
  if (typeof value === "number") return number(value);
  const parts = [...value], some = parts.slice(0, LONG).map(shown).join(", ");
  return `(${some}${parts.length > LONG ? `, … ${parts.length} in all` : ""})`;
}
export function number(value, digits = DIGITS) {
  if (!Number.isFinite(value)) return "∞";
  if (Number.isInteger(value)) return signed(grouped(String(value)));
  const text = value.toPrecision(digits);
  if (!text.includes("e")) return signed(text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
  const [mantissa, exponent] = text.split("e");
  return signed(`${mantissa.includes(".") ? mantissa.replace(/0+$/, "").replace(/\.$/, "") : mantissa}e${exponent.replace("+", "")}`);
}
const grouped = text => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const signed = text => text.replaceAll("-", "−");
const COMPACT = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});
const power = value => signed(value.toExponential(2).replace(/\.?0*e/, "e"));
export const short = value => (Math.abs(value) >= 1e4 && Math.abs(value) < 1e15 ? COMPACT.format(value) : value !== 0 && Math.abs(value) < 1e-3 ? power(value) : number(value, 3));
