// Elements, made of plain values. Every text goes in as text: names in files are never markup.

const SVG = "http://www.w3.org/2000/svg";

function element(make, name, attributes, children) {
  const one = make(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) one.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "draggable") one[key] = value;
    else one.setAttribute(key, value === true ? "" : value);
  }
  one.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return one;
}

const h = (name, attributes, ...children) => element(tag => document.createElement(tag), name, attributes, children);
const s = (name, attributes, ...children) => element(tag => document.createElementNS(SVG, tag), name, attributes, children);

// Between `backticks`: code.
const marked = text => text.split("`").map((part, place) => place % 2 ? h("code", {}, part) : part);

const SIGNS = {met: "✓", missed: "✗", undecided: "?"};

function replace(place, ...children) {
  place.replaceChildren(...children.flat(Infinity).filter(child => child));
}

// Focus stays where it was when what has it is drawn anew: by the key of the element. Where that is gone, its neighbour gets it.
function keepingFocus(root, draw) {
  const keyed = () => [...root.querySelectorAll("[data-key]")];
  const active = root.getRootNode().activeElement;
  const before = active && root.contains(active) && active.dataset.key ? keyed().map(one => one.dataset.key) : [];
  draw();
  if (!before.length) return;
  const at = before.indexOf(active.dataset.key);
  const now = new Map(keyed().map(one => [one.dataset.key, one]));
  const next = [...before.slice(at), ...before.slice(0, at).reverse()].map(key => now.get(key)).find(one => one && !one.disabled && one.getClientRects().length);
  if (next) next.focus({preventScroll: true});
}

// At most one call in so many milliseconds; the last one is never lost.
function calmly(milliseconds, call) {
  let waiting = null, last = 0, values = null;
  const now = () => { last = performance.now(); waiting = null; call(...values); };
  return (...given) => {
    values = given;
    if (waiting === null) waiting = setTimeout(now, Math.max(0, last + milliseconds - performance.now()));
  };
}
