// The scenario's text in Ace, which Panel's editor has loaded. What the server sets is not sent back as if it had been typed.

function textEditor(child, typed) {
  const place = child();
  let ace = null, wanted = null, ours = false;
  const calm = calmly(120, () => typed(ace.getValue()));

  function put() {
    if (!ace || wanted === null || ace.getValue() === wanted) return;
    const at = ace.getCursorPosition();
    ours = true;
    ace.session.doc.setValue(wanted);
    ours = false;
    ace.moveCursorToPosition(at);
    ace.clearSelection();
  }
  const looking = setInterval(() => {
    const found = (place.shadowRoot || place).querySelector(".ace_editor");
    if (!found || !found.env || !found.env.editor) return;
    clearInterval(looking);
    ace = found.env.editor;
    ace.textInput.getElement().setAttribute("aria-label", "Scenario (YAML)");
    ace.session.setUseWorker(false);  // mistakes are found by the server
    ace.setOptions({tabSize: 2, useSoftTabs: true, showPrintMargin: false, fontSize: 13});
    put();
    ace.session.on("change", () => { if (!ours) { wanted = null; calm(); } });
  }, 40);
  return {place, set(text) { wanted = text; put(); }};
}
