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

// Focus stays where it was when what has it is drawn anew: by the key of the element.
function keepingFocus(root, draw) {
  const active = root.getRootNode().activeElement;
  const key = active && root.contains(active) ? active.dataset.key : undefined;
  draw();
  if (key) {
    const again = [...root.querySelectorAll("[data-key]")].find(one => one.dataset.key === key);
    if (again) again.focus({preventScroll: true});
  }
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
