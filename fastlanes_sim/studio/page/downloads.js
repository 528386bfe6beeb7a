// What can be taken away as a file.

function downloadMenu(send, choose) {
  const item = (label, done, key) => h("button", {type: "button", role: "menuitem", "data-key": `menu/${key}`, onclick: () => { place.open = false; done(); }}, label);
  const compared = item("Report of the comparison (HTML)", () => send({do: "report", of: "comparison"}), "comparison");
  const place = h("details", {class: "menu"}, h("summary", {"data-key": "menu"}, "Files"), h("div", {role: "menu", "aria-label": "Files"},
    item("Report of this simulation (HTML)", () => send({do: "report", of: "simulation"}), "simulation"),
    item("Report of the replications (HTML)", () => send({do: "report", of: "replications"}), "replications"),
    compared,
    item("Notebook (.ipynb)", () => send({do: "notebook"}), "notebook"),
    item("Scenario (YAML)", () => send({do: "download"}), "yaml"),
    item("Calibrate an export …", choose, "export")));
  // Beside the edge of the page that is further away.
  place.addEventListener("toggle", () => {
    const list = place.lastElementChild, {left, right} = place.getBoundingClientRect();
    const begins = left + list.offsetWidth < document.documentElement.clientWidth || right < list.offsetWidth;
    list.style.left = begins ? "0" : "auto"; list.style.right = begins ? "auto" : "0";
  });
  window.addEventListener("resize", () => { place.open = false; });
  place.addEventListener("keydown", event => { if (event.key === "Escape") { place.open = false; place.querySelector("summary").focus(); } });
  place.addEventListener("focusout", event => { if (event.relatedTarget && !place.contains(event.relatedTarget)) place.open = false; });
  return {place, state(one) { compared.disabled = !one.pinned || one.same; }};
}

function saveAs({name, type, text}) {
  const address = URL.createObjectURL(new Blob([text], {type}));
  const link = h("a", {href: address, download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
