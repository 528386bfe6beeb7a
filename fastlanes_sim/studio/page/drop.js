// An export that is dropped on the page, or chosen: sent to this studio in pieces, calibrated, and shown beside what it became.

const PIECE = 720 * 1024;
const megabytes = size => size < 1e5 ? `${Math.max(1, Math.round(size / 1000))} kB` : `${(size / 1048576).toFixed(1)} MB`;

function dropPanel(root, send) {
  let file = null, whole = false, asked = false;
  const name = h("h2", {}), said = h("p", {class: "said", role: "status", hidden: true}), sent = h("progress", {max: 1, "aria-label": "How much of the file has been read"});
  const own = h("input", {type: "radio", name: "served", value: "page", checked: true}), unknown = h("input", {type: "radio", name: "served", value: "unknown"});
  const zone = h("input", {type: "text", value: "UTC", spellcheck: "false", "aria-label": "Time zone of crons"});
  const go = h("button", {type: "button", class: "strong", onclick: () => send({do: "calibrate", workers: own.checked ? "page" : "unknown", timezone: zone.value})}, "Calibrate");
  const asking = h("div", {class: "served"}, h("p", {}, "Which workers served these runs? Their waits can only be compared if that is known."),
    h("label", {}, own, " The workers on this page"), h("label", {}, unknown, " Nobody knows"),
    h("label", {}, "Crons are in the time zone ", zone), sent, h("p", {class: "soft"}, "The file stays on this machine. It is removed as soon as it is calibrated."), go);
  const line = progressLine(() => { line.stopping(); send({do: "cancel"}); }, "drop/cancel");
  const found = h("div", {class: "fit", hidden: true});
  const open = h("button", {type: "button", class: "strong", hidden: true, onclick: () => { send({do: "open"}); dialog.close(); }}, "Open as scenario");
  const close = h("button", {type: "button", onclick: () => dialog.close()}, "Close");
  const dialog = h("dialog", {class: "drop", "aria-label": "Calibrate an export", onclose: () => { if (asked) send({do: "cancel"}); else if (file) send({do: "discard"}); file = null; }},
    name, said, asking, line.place, found, h("div", {class: "row end"}, open, close));
  const veil = h("div", {class: "veil", hidden: true, "aria-hidden": "true"}, h("p", {}, "Drop an export of runs here: CSV, JSON, Parquet, Arrow or Excel"));
  const chooser = h("input", {type: "file", hidden: true, "aria-label": "An export of runs", onchange: () => { if (chooser.files.length) begin(chooser.files[0]); chooser.value = ""; }});
  root.append(veil, dialog, chooser);

  function begin(chosen) {
    if (asked) return;
    file = chosen; whole = false;
    name.textContent = `${chosen.name} (${megabytes(chosen.size)})`;
    said.hidden = true; found.hidden = true; open.hidden = true; asking.hidden = false; go.disabled = true; sent.value = 0;
    line.end();
    dialog.dataset.state = "reading";
    if (!dialog.open) dialog.showModal();
    send({do: "file", name: chosen.name, size: chosen.size});
  }

  function piece(at) {
    const reader = new FileReader(), reading = file;
    reader.onload = () => { if (file === reading) send({do: "piece", at, data: reader.result.slice(reader.result.indexOf(",") + 1)}); };
    reader.onerror = () => say({message: "the browser cannot read the file", hint: "it may be open elsewhere, or no file"});
    reader.readAsDataURL(file.slice(at, at + PIECE));
  }

  function say(one) {
    said.hidden = false;
    replace(said, one.message, one.hint ? h("span", {class: "soft"}, ` — ${one.hint}`) : null);
  }

  // Matplotlib's picture. It holds no names, and nothing in it may be run.
  function picture(text) {
    const read = new DOMParser().parseFromString(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '), "image/svg+xml").documentElement;
    if (read.nodeName !== "svg") return null;
    read.querySelectorAll("script, foreignObject, style").forEach(one => one.remove());
    [read, ...read.querySelectorAll("*")].forEach(one => [...one.attributes].filter(at => /^on/i.test(at.name)).forEach(at => one.removeAttribute(at.name)));
    return document.importNode(read, true);
  }

  const holdsFiles = event => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const over = on => event => {
    if (!holdsFiles(event)) return;
    event.preventDefault(); event.stopPropagation();
    if (on) event.dataTransfer.dropEffect = "copy";
    veil.hidden = !on;
  };
  root.addEventListener("dragenter", over(true), true);
  root.addEventListener("dragover", over(true), true);
  root.addEventListener("dragleave", event => { if (holdsFiles(event) && !root.contains(event.relatedTarget)) veil.hidden = true; }, true);
  root.addEventListener("drop", event => { if (holdsFiles(event)) { over(false)(event); if (event.dataTransfer.files.length) begin(event.dataTransfer.files[0]); } }, true);

  return {
    choose() { chooser.click(); },
    state(one) { if (one.timezone && !dialog.open) zone.value = one.timezone; },
    // What the studio has of it.
    file(one) {
      if (!file || one.name === undefined) return;
      sent.value = one.there / one.size;
      whole = one.there === one.size;
      go.disabled = !whole;
      if (whole) { dialog.dataset.state = "whole"; go.focus(); } else piece(one.there);
    },
    asking() { asked = true; said.hidden = true; asking.hidden = true; line.begin("reading"); dialog.dataset.state = "asking"; },
    progress(one) { line.show(one); },
    ended(words) {
      line.end(); asked = false; file = null; go.disabled = true; asking.hidden = true;
      dialog.dataset.state = "ended";
      say(words);
    },
    calibrated(one) {
      line.end(); asked = false; file = null;
      replace(found, h("p", {class: `found ${one.sign}`}, one.headline), one.lines.length ? h("pre", {tabindex: 0}, one.lines.join("\n")) : null, picture(one.picture),
        h("p", {}, one.fitted), h("details", {}, h("summary", {}, one.reading[0]), h("pre", {tabindex: 0}, one.reading.slice(1).join("\n"))),
        one.notes.length ? h("ul", {class: "why"}, one.notes.map(note => h("li", {}, inCode(note)))) : null);
      found.hidden = false; open.hidden = false; open.focus({preventScroll: true}); dialog.scrollTop = 0;
      dialog.dataset.state = "calibrated";
    },
    say(one) { if (dialog.open) say(one); },
  };
}
