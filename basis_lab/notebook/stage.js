// The one figure of the workbench. Plotly itself stands above, from the installed package.
// `traces` and `layout` are plain; arrays are named, and stand as bytes in `steady` and `moving`.
// Times at equal distances are no array: a trace has `x0` and `dx` then.

const TYPES = { f4: Float32Array, f8: Float64Array };
const BESIDE = 12; // pixels of a title's room that stay free
const BETWEEN_CLICKS = 300; // milliseconds; of two closer ones the first is half a double click
// What plotly resets to is what each axis began with: axes of a later view began within a zoom.
const CONFIG = {
  displayModeBar: false,
  doubleClick: false,
  doubleClickDelay: BETWEEN_CLICKS,
  responsive: false,
};

const decode = (entry) => {
  const { dtype, bytes } = entry;
  const from = bytes.byteOffset;
  return new TYPES[dtype](bytes.buffer.slice(from, from + bytes.byteLength));
};

// Words in lines no wider than the room; the first line may have less of it.
const flow = (words, room, first, measure) => {
  const lines = [];
  let line = "";
  for (const word of words) {
    const longer = line ? `${line} ${word}` : word;
    const width = lines.length === 0 ? first : room;
    if (line && measure(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
};

const ruler = document.createElement("canvas").getContext("2d");
const measureIn = (font) => (text) => {
  ruler.font = font;
  return ruler.measureText(text).width;
};

// Words of users are text in what plotly and `marked` read, whatever is in them.
const safe = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unsafe = (text) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

// A title and its note, in as many lines as the room asks for; the note keeps together if it can.
const breakTitle = (title, note, room, family, muted) => {
  const bold = measureIn(`700 13px ${family}`);
  const plain = measureIn(`400 13px ${family}`);
  const found = flow(title.split(" "), room, room, bold);
  const titles = found.map((x) => `<b>${safe(x)}</b>`);
  if (!note) return titles;
  const faint = (x) => `<span style='color:${muted}'>${safe(x)}</span>`;
  const gap = "  ";
  if (bold(found[found.length - 1]) + plain(gap + note) <= room) {
    return [...titles.slice(0, -1), `${titles[titles.length - 1]}${gap}${faint(note)}`];
  }
  return [...titles, ...flow(note.split(" "), room, room, plain).map(faint)];
};

// Give long titles their lines: what stands above moves up, the figure grows by as much.
const fitTitles = (layout) => {
  const { strips, titles, muted, line } = layout.meta;
  const extra = [];
  for (const [place, [title, note]] of Object.entries(titles)) {
    const lines = breakTitle(title, note, layout.width - BESIDE, layout.font.family, muted);
    layout.annotations[place].text = lines.join("<br>");
    extra[strips[place]] = (lines.length - 1) * line;
  }
  const more = (from) => extra.slice(from).reduce((sum, x) => sum + (x || 0), 0);
  const height = layout.height + more(0);
  const up = (share, strip) => (share * layout.height + more(strip + 1)) / height;
  layout.annotations.forEach((x, i) => { x.y = up(x.y, strips[i]); });
  for (const key of Object.keys(layout).filter((x) => x.startsWith("yaxis"))) {
    layout[key].domain = layout[key].domain.map((x) => up(x, Number(key.slice(5) || 1) - 1));
  }
  layout.height = height;
  return layout;
};

// Plotly draws every text twice a drawing and measures it: titles and labels lie over the figure
// instead. Only what `layout.py` marks texts with is markup; a pin's name was made text there.
const MARKUP = /(<b>|<\/b>|<br>|<span style='color:[^']*'>|<\/span>)/;
const marked = (text) => {
  const made = document.createDocumentFragment();
  let inside = made;
  for (const part of text.split(MARKUP)) {
    const node = { "<b>": "b", "<br>": "br" }[part] ?? (MARKUP.test(part) ? "span" : null);
    if (part.startsWith("</") && node) inside = inside.parentNode;
    else if (!node) inside.append(unsafe(part));
    else {
      const child = inside.appendChild(document.createElement(node));
      if (node === "span") child.style.color = part.slice("<span style='color:".length, -2);
      if (node !== "br") inside = child;
    }
  }
  return made;
};

const UP = { bottom: "-100%", middle: "-50%", top: "0" };
const label = ({ text, x, y, xshift, yanchor, font, align }, { width, height, margin }) => {
  const made = document.createElement("span");
  made.append(marked(text));
  Object.assign(made.style, {
    left: `${margin.l + x * (width - margin.l - margin.r) + xshift}px`,
    top: `${(1 - y) * height}px`,
    transform: `translateY(${UP[yanchor]})`,
    fontSize: `${font.size}px`,
    color: font.color,
    textAlign: align ?? "left",
  });
  return made;
};

function render({ model, el }) {
  const plot = document.createElement("div");
  const over = document.createElement("div");
  const tools = document.createElement("div");
  el.classList.add("bl-plot");
  over.className = "bl-over";
  over.setAttribute("aria-hidden", "true"); // the figure's own words say it
  el.append(plot, over, tools);
  plot.setAttribute("role", "img");
  const cache = new Map();
  let width = 0;
  let zoomed = false;
  let texts = [];

  const array = (name) => {
    const steady = model.get("steady")[name];
    const entry = steady || model.get("moving")[name];
    if (!cache.has(name) || cache.get(name).from !== entry.bytes) {
      cache.set(name, { from: entry.bytes, values: decode(entry) });
    }
    return cache.get(name).values;
  };

  const hairlines = () => {
    const x = model.get("moment_ms");
    const line = { color: model.get("ink"), width: 1, dash: "dot" };
    return Array.from({ length: model.get("strips") }, (_, i) => {
      const n = i === 0 ? "" : i + 1;
      return { type: "line", xref: `x${n}`, yref: `y${n} domain`, x0: x, x1: x, y0: 0, y1: 1, line };
    });
  };

  const draw = () => {
    if (width === 0 || model.get("drawing") === 0) return;
    plot.dataset.begun = String(performance.now());
    const data = model.get("traces").map((trace) => ({
      ...trace,
      ...(trace.x && { x: array(trace.x) }),
      y: array(trace.y),
    }));
    const plain = structuredClone(model.get("drawn_layout"));
    const layout = fitTitles({ ...plain, width, shapes: [...hairlines(), ...plain.shapes] });
    plot.setAttribute("aria-label", model.get("told"));
    texts = layout.annotations;
    over.style.fontFamily = layout.font.family;
    over.replaceChildren(...texts.map((x) => label(x, layout)));
    Plotly.react(plot, data, { ...layout, annotations: [] }, CONFIG).then(() => {
      plot.dataset.drawn = String(model.get("drawing"));
      plot.dataset.at = String(performance.now());
    });
  };

  const mark = (x) => {
    const change = {};
    for (let i = 0; i < model.get("strips"); i++) {
      change[`shapes[${i}].x0`] = x;
      change[`shapes[${i}].x1`] = x;
    }
    if (plot.dataset.drawn) Plotly.relayout(plot, change);
  };
  const moved = () => mark(model.get("moment_ms"));

  const sizes = new ResizeObserver(() => {
    const now = Math.floor(el.clientWidth);
    if (now === width || now === 0) return;
    width = now;
    requestAnimationFrame(draw);
  });
  sizes.observe(el);

  // A picture says what it shows: the verdict, and which data it is from.
  const picture = async (format) => {
    const { verdict, case: which, name } = model.get("caption");
    const { family } = plot.layout.font;
    const { muted, line, ground } = plot.layout.meta;
    const lines = breakTitle(verdict, which, width - BESIDE, family, muted);
    const top = (lines.length + 1) * line;
    const said = { text: lines.join("<br>"), xref: "paper", yref: "paper", x: 0, y: 1, align: "left" };
    const place = { xanchor: "left", yanchor: "bottom", xshift: 8 - plot.layout.margin.l, yshift: line / 2 };
    const caption = { ...said, ...place, showarrow: false, borderpad: 0, font: { size: 13 } };
    const layout = {
      ...plot.layout,
      height: plot.layout.height + top,
      margin: { ...plot.layout.margin, t: top },
      annotations: [...texts, caption],
      paper_bgcolor: ground,
      plot_bgcolor: ground,
    };
    const size = { width, height: layout.height, scale: format === "png" ? 2 : 1 };
    const link = document.createElement("a");
    link.href = await Plotly.toImage({ data: plot.data, layout }, { format, ...size });
    link.download = `${name}.${format}`;
    link.click();
  };
  tools.className = "bl-tools";
  tools.append("Image");
  for (const format of ["png", "svg"]) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: format.toUpperCase() });
    button.setAttribute("aria-label", `save the figure as ${format.toUpperCase()}`);
    button.addEventListener("click", () => picture(format));
    tools.append(" ", button);
  }
  tools.addEventListener("keydown", (event) => {
    // Lab binds keys to its cells; inside the workbench they are the workbench's.
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });

  const listen = () => {
    plot.on("plotly_relayout", (change) => {
      const key = Object.keys(change).find((x) => /^xaxis\d*\.(range|autorange)/.test(x));
      if (!key) return;
      const axis = key.split(".")[0];
      const [low, high] = plot._fullLayout[axis].range.map((x) => plot._fullLayout[axis].r2l(x));
      const [first, last] = model.get("span");
      zoomed = low > first || high < last;
      model.send(zoomed ? { zoom: [low, high] } : { zoom: null });
    });
    let picking = 0;
    let doubled = -Infinity;
    plot.on("plotly_click", (event) => {
      const point = event.points[0];
      // The second click of a double one is told after it.
      if (!point || performance.now() - doubled < BETWEEN_CLICKS) return;
      const pick = point.xaxis.d2l(point.x);
      clearTimeout(picking);
      picking = setTimeout(() => model.send({ pick }), BETWEEN_CLICKS);
      mark(pick);
    });
    plot.on("plotly_doubleclick", () => {
      doubled = performance.now();
      clearTimeout(picking);
      const change = {}; // `layout` still names axes of an earlier view that were zoomed
      for (let i = 0; i < model.get("strips"); i++) {
        change[`xaxis${i ? i + 1 : ""}.range`] = [...model.get("span")];
      }
      Plotly.relayout(plot, change).then(moved);
    });
  };

  Plotly.newPlot(plot, [], { width: 10, height: 10 }, CONFIG).then(() => {
    listen();
    draw();
  });
  model.on("change:drawing", draw);
  model.on("change:moment_ms", moved);

  return () => {
    sizes.disconnect();
    model.off("change:drawing", draw);
    model.off("change:moment_ms", moved);
    Plotly.purge(plot);
  };
}

export default { render };
