// The one figure of the workbench. Plotly itself stands above, from the installed package.
// `traces` and `layout` are plain; arrays are named, and stand as bytes in `steady` and `moving`.

const TYPES = { f4: Float32Array, f8: Float64Array };

const decode = (entry) => {
  const { dtype, bytes } = entry;
  const from = bytes.byteOffset;
  return new TYPES[dtype](bytes.buffer.slice(from, from + bytes.byteLength));
};

function render({ model, el }) {
  const plot = document.createElement("div");
  el.classList.add("bl-plot");
  el.appendChild(plot);
  plot.setAttribute("role", "img");
  const cache = new Map();
  let width = 0;
  let zoomed = false;

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
    const data = model.get("traces").map((trace) => ({ ...trace, x: array(trace.x), y: array(trace.y) }));
    const plain = structuredClone(model.get("drawn_layout"));
    const layout = { ...plain, width, shapes: [...hairlines(), ...plain.shapes] };
    plot.setAttribute("aria-label", model.get("told"));
    plot.dataset.begun = String(performance.now());
    Plotly.react(plot, data, layout, { displayModeBar: false, doubleClick: "reset", responsive: false }).then(() => {
      plot.dataset.drawn = String(model.get("drawing"));
      plot.dataset.at = String(performance.now());
    });
  };

  const moved = () => {
    const x = model.get("moment_ms");
    const change = {};
    for (let i = 0; i < model.get("strips"); i++) {
      change[`shapes[${i}].x0`] = x;
      change[`shapes[${i}].x1`] = x;
    }
    if (plot.dataset.drawn) Plotly.relayout(plot, change);
  };

  const sizes = new ResizeObserver(() => {
    const now = Math.floor(el.clientWidth);
    if (now === width || now === 0) return;
    width = now;
    if (!plot.dataset.drawn) draw();
    else Plotly.relayout(plot, { width });
  });
  sizes.observe(el);

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
    plot.on("plotly_click", (event) => {
      const point = event.points[0];
      if (point) model.send({ pick: point.xaxis.d2l(point.x) });
    });
  };

  Plotly.newPlot(plot, [], { width: 10, height: 10 }, { displayModeBar: false }).then(() => {
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
