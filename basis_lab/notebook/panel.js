// One region of the workbench: HTML made by Python, patched in place, acting by delegation.
// `html` is the structure; `slots` are texts by data-slot; `values` are the inputs by data-key.

const escapeKey = (key) => CSS.escape(key);

// Change what differs and keep the rest: a button that is being pressed stays the same button.
function morphChildren(before, after) {
  const old = [...before.childNodes];
  const fresh = [...after.childNodes];
  fresh.forEach((next, i) => {
    const now = old[i];
    if (now === undefined) before.appendChild(next);
    else if (now.nodeName !== next.nodeName) before.replaceChild(next, now);
    else morph(now, next);
  });
  for (const extra of old.slice(fresh.length)) extra.remove();
}

function morph(now, next) {
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.data !== next.data) now.data = next.data;
    return;
  }
  for (const name of now.getAttributeNames()) {
    if (!next.hasAttribute(name) && name !== "open") now.removeAttribute(name);
  }
  for (const name of next.getAttributeNames()) {
    if (now.getAttribute(name) !== next.getAttribute(name)) now.setAttribute(name, next.getAttribute(name));
  }
  morphChildren(now, next);
}

// A page may hold many panels with the same names inside: each panel's ids are its own.
const REFERENCES = ["id", "for", "list", "aria-controls", "aria-describedby", "aria-labelledby"];

function newOwner() {
  window.basisLabPanels = (window.basisLabPanels ?? 0) + 1; // each kind of panel loads this file anew
  return `p${window.basisLabPanels}-`;
}

// A place under the root of the notebook's server is a link to it, any other stays a text.
function openPlaces(made) {
  const told = document.getElementById("jupyter-config-data");
  if (!told) return;
  const { serverRoot, baseUrl } = JSON.parse(told.textContent);
  for (const link of made.querySelectorAll("a[data-place]")) {
    const root = (serverRoot ?? "").replace(/^~/, link.dataset.home).replace(/\/$/, "");
    if (!root || !link.dataset.place.startsWith(`${root}/`)) continue;
    const inside = link.dataset.place.slice(root.length + 1).split("/").map(encodeURIComponent).join("/");
    link.href = `${baseUrl}${link.dataset.kind === "folder" ? "lab/tree" : "files"}/${inside}`;
    link.target = "_blank";
    link.rel = "noopener";
  }
}

function parse(html, owner) {
  const made = document.createElement("template");
  made.innerHTML = html;
  for (const name of REFERENCES) {
    for (const node of made.content.querySelectorAll(`[${name}]`)) {
      node.setAttribute(name, node.getAttribute(name).split(" ").map((x) => owner + x).join(" "));
    }
  }
  openPlaces(made.content);
  return made.content;
}

function render({ model, el }) {
  const owner = newOwner();
  const root = document.createElement("div");
  const dress = () => { root.className = `bl ${model.get("kind").split(" ").map((x) => `bl-${x}`).join(" ")}`; };
  dress();
  el.classList.add("bl-host");
  el.appendChild(root);
  const shown = {};
  const unfinished = new WeakSet(); // what somebody is writing is theirs until it is told
  const moved = new WeakSet(); // written before a redraw: the browser tells no change of these
  let flying = null;
  let waiting = new Map();
  let turns = 0;

  const send = (content) => model.send(content);

  // While an answer is under way acts wait for it in their order; of a value only the newest, as a
  // slider that is dragged tells many. What is pressed twice, or added to a list, counts each time.
  const pass = (content, newestOnly) => {
    if (flying) {
      waiting.set(newestOnly ? `${content.act}/${content.key}` : `#${(turns += 1)}`, content);
      return;
    }
    flying = content;
    send(content);
  };
  // A value that was told and is not answered yet: what comes meanwhile is of an earlier one.
  const underWay = (key) => [flying, ...waiting.values()].some((x) => x?.key === key);
  const answered = () => {
    flying = null;
    const next = waiting.entries().next();
    if (!next.done) {
      waiting.delete(next.value[0]);
      pass(next.value[1]);
    }
    drawValues();
  };

  const drawValues = () => {
    const values = model.get("values");
    for (const [key, value] of Object.entries(values)) {
      if (underWay(key)) continue; // who steps on steps from where the thumb is
      for (const input of root.querySelectorAll(`[data-key="${escapeKey(key)}"]`)) {
        if (input.type === "checkbox") {
          input.checked = value === "true";
        } else if (input.type === "range") {
          // A word such as "auto" has no place on a slider: the number that it stood for has.
          const word = Number.isNaN(Number(value));
          input.value = word ? values[`thumb:${key}`] ?? value : value;
          const told = values[`text:${key}`] ?? (word ? value : null);
          if (told === null) input.removeAttribute("aria-valuetext");
          else input.setAttribute("aria-valuetext", told);
        } else if (input.value !== value && !unfinished.has(input)) {
          input.value = value;
        }
      }
    }
  };

  const drawSlots = () => {
    for (const [name, html] of Object.entries(model.get("slots"))) {
      if (shown[name] === html) continue;
      const slot = root.querySelector(`[data-slot="${escapeKey(name)}"]`);
      if (!slot) continue;
      shown[name] = html;
      const fresh = parse(html, owner);
      for (const inner of fresh.querySelectorAll("[data-slot]")) {
        const text = model.get("slots")[inner.dataset.slot];
        if (text === undefined) continue;
        shown[inner.dataset.slot] = text;
        inner.replaceChildren(parse(text, owner));
      }
      morphChildren(slot, fresh);
      const alert = slot.querySelector("[role=alert][tabindex]");
      // Who steps a slider goes on stepping; the alert is read out all the same.
      if (alert && !document.activeElement?.matches("input[type=range]")) alert.focus();
    }
    drawValues();
  };

  const draw = () => {
    const held = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const open = [...root.querySelectorAll("details[data-fold][open]")].map((x) => x.dataset.fold);
    const written = [...root.querySelectorAll("[data-key]")].filter((x) => unfinished.has(x));
    for (const name of Object.keys(shown)) delete shown[name];
    root.replaceChildren(parse(model.get("html"), owner));
    for (const fold of open) {
      const again = root.querySelector(`details[data-fold="${escapeKey(fold)}"]`);
      if (again) again.open = true;
    }
    drawSlots();
    if (held) {
      const again = root.querySelector(`[data-key="${escapeKey(held)}"]`);
      if (again) again.focus();
    }
    for (const before of written) {
      const again = root.querySelector(`[data-key="${escapeKey(before.dataset.key)}"]`);
      if (!again) continue;
      again.value = before.value;
      unfinished.add(again);
      moved.add(again);
    }
  };

  const valueOf = (input) => (input.type === "checkbox" ? String(input.checked) : input.value);

  const finish = (input) => {
    if (moved.has(input) && unfinished.has(input)) input.dispatchEvent(new Event("change", { bubbles: true }));
    unfinished.delete(input);
  };
  root.addEventListener("focusout", (event) => finish(event.target));
  root.addEventListener("change", (event) => {
    unfinished.delete(event.target);
    moved.delete(event.target);
    const key = event.target.dataset.key;
    if (!key) return;
    const act = event.target.dataset.act || "set";
    pass({ act, key, value: valueOf(event.target) }, act !== "other");
  });
  root.addEventListener("input", (event) => {
    const key = event.target.dataset.key;
    if (!key) return;
    unfinished.add(event.target);
    // The readout beside a slider follows the thumb; the run waits for its release.
    if (event.target.type === "range") event.target.removeAttribute("aria-valuetext");
    for (const twin of root.querySelectorAll(`[data-key="${escapeKey(key)}"]`)) {
      if (twin !== event.target) twin.value = event.target.value;
    }
    if (event.target.dataset.now) pass({ act: event.target.dataset.act, key, value: valueOf(event.target) }, true);
  });
  root.addEventListener("click", (event) => {
    const row = event.target.closest("tr.acts");
    const target = event.target.closest("[data-do]") || (row && row.querySelector("[data-do]"));
    if (!target || target.disabled) return;
    if (target.dataset.copy) navigator.clipboard?.writeText(target.dataset.copy);
    pass({ act: target.dataset.do, key: target.dataset.of || "", value: target.dataset.value || "" });
  });
  root.addEventListener("keydown", (event) => {
    const input = event.target;
    // Lab binds arrows and letters to its cells; inside the workbench they are the workbench's.
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
    const typing = input.matches("input[type=text], input[type=number], input[type=date], textarea");
    if (event.key === "Enter") finish(input);
    if (event.key === "Escape") send({ act: "cancel", key: "", value: "" });
    if (!typing && (event.key === "[" || event.key === "]")) {
      pass({ act: "step", key: event.key, value: "" });
      event.preventDefault();
    }
    if (input.type === "range" && event.shiftKey && event.key.startsWith("Arrow")) {
      const up = event.key === "ArrowRight" || event.key === "ArrowUp";
      for (let i = 0; i < 10; i++) up ? input.stepUp() : input.stepDown();
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
      event.preventDefault();
    }
    if (input.getAttribute("role") === "tab" && event.key.startsWith("Arrow")) {
      const tabs = [...root.querySelectorAll("[role=tab]")];
      const step = event.key === "ArrowRight" ? 1 : -1;
      const next = tabs[(tabs.indexOf(input) + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
      event.preventDefault();
    }
  });

  // The theme: Lab says it on the body; elsewhere the system's choice counts.
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const watchTheme = () => {
    const said = document.body.dataset.jpThemeLight;
    const dark = said === undefined ? system.matches : said === "false";
    root.dataset.theme = dark ? "dark" : "light";
    if (model.get("watches") && model.get("dark") !== dark) {
      model.set("dark", dark);
      model.save_changes();
    }
  };
  const themes = new MutationObserver(watchTheme);
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  system.addEventListener("change", watchTheme);

  // Where there is little room the controls fold to a line.
  let narrow = null;
  const foldShell = () => {
    const shell = root.querySelector("details.bl-shell");
    const bench = el.closest(".bl-root");
    if (!shell || !bench) return;
    const now = bench.clientWidth < 620;
    if (now !== narrow) shell.open = !now;
    narrow = now;
  };
  const sizes = new ResizeObserver(() => {
    foldShell();
  });
  const bench = el.closest(".bl-root");
  sizes.observe(bench || el);

  model.on("change:html", draw);
  model.on("change:kind", dress);
  model.on("change:slots", drawSlots);
  model.on("change:values", drawValues);
  model.on("change:answered", answered);
  draw();
  watchTheme();

  return () => {
    themes.disconnect();
    sizes.disconnect();
    system.removeEventListener("change", watchTheme);
    model.off("change:html", draw);
    model.off("change:kind", dress);
    model.off("change:slots", drawSlots);
    model.off("change:values", drawValues);
    model.off("change:answered", answered);
  };
}

export default { render };
