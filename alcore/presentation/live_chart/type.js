// Sizes of type: what is 16 px on a page is larger where the page itself is set in larger type.
const USUAL_REM = 17; // px, the pages' own

/** A function from px on a usual page to px on this one. */
export function sizes(root) {
  const rem = parseFloat(getComputedStyle(root.ownerDocument.documentElement).fontSize);
  return (px) => px * Math.max(1, rem / USUAL_REM);
}

/** A layout of plotly's with all its sizes of type as they suit the page. */
export function inType(part, size) {
  if (Array.isArray(part)) return part.map((one) => inType(one, size));
  if (part === null || typeof part !== "object") return part;
  const entries = Object.entries(part).map(([name, value]) => [
    name, /font$/.test(name) && value?.size ? { ...value, size: size(value.size) } : inType(value, size),
  ]);
  return Object.fromEntries(entries);
}
