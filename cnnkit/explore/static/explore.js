// The kernel explorer's view, one for the notebook (anywidget calls `render`) and for the browser page (which calls
// `mount`). What is chosen is kept by the model behind it; what follows from that is computed here, anew in every frame.
// The numbers are those of cnnkit: tests/cnnkit/explore/vectors.json holds both to the same ones.

// ---------------------------------------------------------------- computing

const GRAY = [0.2125, 0.7154, 0.0721];
const POOLING = { max: "largest", average: "mean", sum: "sum" };

/** A picture as it was sent, as one plane of numbers for each channel. */
export function decoded(picture) {
  const [rows, columns, channels] = picture.shape;
  const { buffer, byteOffset = 0, byteLength } = picture.data;
  // Copied: a message's buffer need not begin where a float64 may.
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const values = picture.type === "uint8" ? new Uint8Array(bytes) : new Float64Array(bytes);
  const planes = Array.from({ length: channels }, (_, channel) => {
    const plane = new Float64Array(rows * columns);
    for (let at = 0; at < plane.length; at++) plane[at] = values[at * channels + channel];
    return plane;
  });
  return { rows, columns, planes, whole: picture.type === "uint8", low: picture.low, high: picture.high };
}

const grays = new WeakMap();

/** One plane for three; bytes stay bytes, rounded as in Python. */
export function inGray(image) {
  if (image.planes.length === 1) return image;
  if (!grays.has(image)) grays.set(image, withoutColors(image));
  return grays.get(image);
}

function withoutColors(image) {
  const [red, green, blue] = image.planes;
  const plane = new Float64Array(red.length);
  for (let at = 0; at < plane.length; at++) {
    plane[at] = image.whole
      ? Math.floor((2125 * red[at] + 7154 * green[at] + 721 * blue[at] + 5000) / 10000)
      : GRAY[0] * red[at] + GRAY[1] * green[at] + GRAY[2] * blue[at];
  }
  return { ...image, planes: [plane] };
}

/** Where each cell of a padded row comes from; -1 is a zero. */
function sources(side, pad, mode) {
  return Array.from({ length: side + 2 * pad }, (_, place) => {
    const at = place - pad;
    if (at >= 0 && at < side) return at;
    if (mode === "zero") return -1;
    if (mode === "reflect") return at < 0 ? -at : 2 * side - 2 - at;
    return at < 0 ? -at - 1 : 2 * side - 1 - at;
  });
}

export function padded(image, [above, left], mode) {
  if (above === 0 && left === 0) return image;
  const down = sources(image.rows, above, mode);
  const across = sources(image.columns, left, mode);
  const planes = image.planes.map((plane) => {
    const wide = new Float64Array(down.length * across.length);
    down.forEach((row, y) => {
      if (row < 0) return;
      for (let x = 0; x < across.length; x++) {
        if (across[x] >= 0) wide[y * across.length + x] = plane[row * image.columns + across[x]];
      }
    });
    return wide;
  });
  return { ...image, rows: down.length, columns: across.length, planes };
}

/** Slide the kernel: `cells` is rows of columns of channels, and is not flipped. */
export function convolved(image, cells, divisor, stride) {
  const height = cells.length;
  const width = cells[0].length;
  const rows = Math.floor((image.rows - height) / stride) + 1;
  const columns = Math.floor((image.columns - width) / stride) + 1;
  const values = new Float64Array(rows * columns);
  image.planes.forEach((plane, channel) => {
    const weights = cells.map((row) => Float64Array.from(row, (cell) => cell[channel] / divisor));
    for (let y = 0; y < rows; y++) {
      for (let p = 0; p < height; p++) addRow(values, y * columns, columns, plane, (y * stride + p) * image.columns, weights[p], stride);
    }
  });
  return { rows, columns, values };
}

/** One row of the kernel on one row of the map, up to three weights at a time: long, plain loops that an engine makes fast. */
function addRow(values, start, count, plane, source, weights, stride) {
  const end = start + count;
  for (let q = 0; q < weights.length; ) {
    const [a, b, c] = [weights[q], weights[q + 1], weights[q + 2]];
    let from = source + q;
    if (q + 2 < weights.length) {
      for (let to = start; to < end; to++, from += stride) values[to] += a * plane[from] + b * plane[from + 1] + c * plane[from + 2];
      q += 3;
    } else if (q + 1 < weights.length) {
      for (let to = start; to < end; to++, from += stride) values[to] += a * plane[from] + b * plane[from + 1];
      q += 2;
    } else {
      for (let to = start; to < end; to++, from += stride) values[to] += a * plane[from];
      q += 1;
    }
  }
}

export function rectified(map) {
  return { ...map, values: map.values.map((value) => (value > 0 ? value : 0)) };
}

export function pooled(map, kind, size, stride) {
  const rows = Math.floor((map.rows - size) / stride) + 1;
  const columns = Math.floor((map.columns - size) / stride) + 1;
  const values = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      let largest = -Infinity;
      let sum = 0;
      for (let p = 0; p < size; p++) {
        const from = (y * stride + p) * map.columns + x * stride;
        for (let q = 0; q < size; q++) {
          const value = map.values[from + q];
          if (value > largest) largest = value;
          sum += value;
        }
      }
      values[y * columns + x] = kind === "max" ? largest : kind === "sum" ? sum : sum / (size * size);
    }
  }
  return { rows, columns, values };
}

/** Rows above and below, columns left and right. */
export function padsOf({ padding, pad, cells }) {
  if (padding === "valid") return [0, 0];
  return pad === null || pad === undefined ? [cells.length >> 1, cells[0].length >> 1] : [pad, pad];
}

/** All of it: `{input, map, pooled}`, or `{trouble}` in words where something does not fit. */
export function run(image, settings, keep = {}) {
  const { cells, divisor, stride, padding, relu, pool, pool_size: size } = settings;
  const poolStride = settings.pool_stride ?? size;
  const source = cells[0][0].length === 3 ? image : inGray(image);
  const pads = padsOf(settings);
  const most = { valid: Infinity, zero: Infinity, reflect: -1, symmetric: 0 }[padding];
  for (const [cellsOfPad, side] of [[pads[0], image.rows], [pads[1], image.columns]]) {
    if (cellsOfPad > side + most) {
      return { trouble: `A border of ${cellsOfPad} is more than “${padding}” can mirror in a picture of ${side}. Take a narrower one, or zeros.` };
    }
  }
  // The border is the same from frame to frame while a kernel is dragged.
  const key = [pads, padding, source.planes.length].join();
  if (keep.image !== image || keep.key !== key) Object.assign(keep, { image, key, input: padded(source, pads, padding) });
  const input = keep.input;
  if (cells.length > input.rows || cells[0].length > input.columns) {
    return { input, trouble: `The kernel, ${cells.length} × ${cells[0].length}, does not fit into ${input.rows} × ${input.columns}. Take a smaller one, or a border.` };
  }
  const raw = convolved(input, cells, divisor, stride);
  const map = relu ? rectified(raw) : raw;
  if (pool === "none") return { input, raw, map };
  if (size > map.rows || size > map.columns) {
    return { input, raw, map, trouble: `The window of the pooling, ${size} × ${size}, does not fit into the map of ${map.rows} × ${map.columns}.` };
  }
  return { input, raw, map, pooled: pooled(map, pool, size, poolStride) };
}

/** The part of a map that has the picture's size: an even kernel's has a row and a column more. */
function cropped(map, { rows, columns }) {
  if (map.rows === rows && map.columns === columns) return map;
  const values = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) values.set(map.values.subarray(y * map.columns, y * map.columns + columns), y * columns);
  return { rows, columns, values };
}

export function madeBy(image, cells, divisor) {
  const settings = { cells, divisor, stride: 1, padding: "symmetric", pad: null, relu: false, pool: "none" };
  return cropped(run(image, settings).map, image);
}

/** How alike two pictures are, before it is cut off at 0; see cnnkit.explore.levels.likeness. */
export function likeness(keeps, made, wanted, photo) {
  const cut = (value) => Math.min(photo.high, Math.max(photo.low, value));
  const before = inGray(photo).planes[0];
  let [a, b, c] = [0, 0, 0];
  for (let at = 0; at < before.length; at++) {
    const m = made.values[at];
    const t = wanted.values[at];
    if (keeps) {
      a += (cut(m) - cut(t)) ** 2;
      b += (before[at] - cut(t)) ** 2;
    } else {
      a += m * t;
      b += m * m;
      c += t * t;
    }
  }
  if (keeps) return 1 - a / b;
  return b * c > 0 ? a / Math.sqrt(b * c) : 0;
}

/** What black and white stand for in a map, and how to say it. */
export function tones(map, settings, image) {
  let [low, high] = [Infinity, -Infinity];
  const { values } = map;
  for (let at = 0; at < values.length; at++) {
    if (values[at] < low) low = values[at];
    if (values[at] > high) high = values[at];
  }
  const weights = settings.cells.flat(2).reduce((sum, weight) => sum + weight, 0) / settings.divisor;
  const inside = low >= image.low && high <= image.high;
  if (inside || Math.abs(weights - 1) < 1e-9) return { black: image.low, white: image.high, photo: true, cut: !inside };
  if (low >= 0) return { black: 0, white: high || 1 };
  const most = Math.max(-low, high);
  return { black: -most, white: most };
}

// ---------------------------------------------------------------- small helpers

const QUIET = "data-lm-suppress-shortcuts";
const MOST_NUMBERS = 12; // cells in a row whose numbers can still be read
const KEPT = ["cells", "divisor", "stride", "padding", "pad", "relu", "pool", "pool_size", "pool_stride", "channels", "row", "column", "level", "solved"];
const LARGEST = 15;
const OWN_SIDE = 256;
const SLIDE_SECONDS = 12; // for all of a large map
const STEP_MILLISECONDS = 420; // for a cell of a small one
const KEYS = [
  [["←", "↑", "→", "↓"], "in the map: the next cell; in the kernel: the next weight"],
  [["Home", "End"], "in the map: the first and the last cell of the row; with Ctrl, of the map"],
  [["Page ↑", "Page ↓"], "in the map: ten rows; in the kernel: one more, one less"],
  [["Space"], "in the map: slide, and stop"],
  [["Tab"], "to the next part"],
];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // Keeps JupyterLab's and Notebook's shortcuts quiet: they look at the element that has the focus.
  if (["button", "input", "select", "summary"].includes(tag) || "tabindex" in attributes) node.setAttribute(QUIET, "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** A number with as many digits as fit into a cell. */
export function short(value) {
  const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3));
  return String(rounded === 0 ? 0 : rounded).replace("-", "−");
}

/** "−1", "1/9" or "0,5" as a number; null for anything else. */
export function read(text) {
  const parts = text.trim().replaceAll("−", "-").replaceAll(",", ".").split("/");
  if (parts.length > 2 || !parts.every((part) => /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part))) return null;
  const value = Number(parts[0]) / Number(parts[1] ?? 1);
  return Number.isFinite(value) && Math.abs(value) <= 1e6 ? value : null;
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const percent = (share) => Math.floor(100 * clamp(share, 0, 1));
const named = (name) => ["red", "green", "blue"][name];
// In every frame much is drawn that has not changed: what is not written costs the browser nothing.
const setText = (node, text) => node.textContent !== text && (node.textContent = text);
const setValue = (input, text) => input.value !== text && (input.value = text);
const setAttribute = (node, name, value) => node.getAttribute(name) !== value && node.setAttribute(name, value);
const setProperty = (node, name, value) => node.style.getPropertyValue(name) !== value && node.style.setProperty(name, value);

// ---------------------------------------------------------------- a picture on the screen

/** A canvas, one pixel a cell, with the numbers on it where there are few, and boxes over it. */
function Panel(name, { interactive = false } = {}) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const numbers = make("div", { class: "explore-numbers", "aria-hidden": "true" });
  const inner = make("div", { class: "explore-box explore-inner", "aria-hidden": "true", hidden: true });
  const box = make("div", { class: "explore-box", "aria-hidden": "true", hidden: true });
  const attributes = interactive ? { tabindex: 0, role: "application" } : { role: "img" };
  const view = make("div", { class: "explore-view", ...attributes }, canvas, numbers, inner, box);
  const title = make("p", { class: "explore-name" });
  const below = make("div", { class: "explore-below" });
  const node = make("div", { class: `explore-panel explore-${name}` }, title, view, below);
  let size = [0, 0];
  let pixels = null;
  let painted = {};

  function shape(rows, columns) {
    if (size[0] === rows && size[1] === columns) return;
    size = [rows, columns];
    canvas.width = columns;
    canvas.height = rows;
    view.style.aspectRatio = `${columns} / ${rows}`;
    // Few cells need not be large, and a tall picture not higher than wide.
    view.style.maxWidth = `${Math.min(24, columns * 4, (24 * columns) / rows)}rem`;
    view.style.setProperty("--columns", columns);
    view.style.setProperty("--rows", rows);
  }

  /** `planes` of numbers, `black` to `white`; cells after `reach` are faint. */
  function paint({ rows, columns }, planes, black, white, reach = Infinity) {
    if (planes === painted.planes && black === painted.black && white === painted.white && reach === painted.reach) return;
    painted = { planes, black, white, reach };
    shape(rows, columns);
    const context = canvas.getContext("2d");
    if (pixels?.width !== columns || pixels?.height !== rows) pixels = context.createImageData(columns, rows);
    const { data } = pixels;
    const scale = 255 / (white - black || 1);
    const count = rows * columns;
    const [red, green = red, blue = red] = planes;
    // A Uint8ClampedArray cuts off and rounds by itself.
    for (let at = 0, to = 0; at < count; at++, to += 4) {
      data[to] = (red[at] - black) * scale;
      data[to + 1] = green === red ? data[to] : (green[at] - black) * scale;
      data[to + 2] = green === red ? data[to] : (blue[at] - black) * scale;
      data[to + 3] = at > reach ? 36 : 255;
    }
    context.putImageData(pixels, 0, 0);
    write(rows, columns, planes, black, white, reach);
  }

  function write(rows, columns, planes, black, white, reach) {
    const shown = planes.length === 1 && rows <= MOST_NUMBERS && columns <= MOST_NUMBERS;
    numbers.hidden = !shown;
    if (!shown) return;
    const texts = Array.from(planes[0], short);
    while (numbers.childElementCount > texts.length) numbers.lastChild.remove();
    while (numbers.childElementCount < texts.length) numbers.append(make("span"));
    view.style.setProperty("--longest", Math.max(2, ...texts.map((text) => text.length)));
    texts.forEach((text, at) => {
      const cell = numbers.children[at];
      setText(cell, at > reach ? "" : text);
      const tone = (planes[0][at] - black) / (white - black || 1);
      cell.className = tone < 0.52 ? "explore-on-dark" : "";
    });
  }

  function place(which, row, column, height, width) {
    which.hidden = false;
    const where = [row, column, height, width, ...size].join();
    if (which.dataset.where === where) return;
    which.dataset.where = where;
    which.style.top = `${(100 * row) / size[0]}%`;
    which.style.left = `${(100 * column) / size[1]}%`;
    which.style.height = `${(100 * height) / size[0]}%`;
    which.style.width = `${(100 * width) / size[1]}%`;
  }

  function cellAt(event) {
    const { left, top, width, height } = view.getBoundingClientRect();
    return [
      clamp(Math.floor(((event.clientY - top) / height) * size[0]), 0, size[0] - 1),
      clamp(Math.floor(((event.clientX - left) / width) * size[1]), 0, size[1] - 1),
    ];
  }

  return { node, view, title, below, box, inner, paint, place, cellAt };
}

// ---------------------------------------------------------------- the view

/**
 * Draw the explorer into `el`.
 *
 * `model` is anywidget's, or something with the same `get`, `set`, `save_changes`, `on`, `off` and `send`. Two things are
 * asked of it by `send`: `{do: "picture", name}` and `{do: "level", name}`. Returns a function that takes the view away.
 */
export function mount(el, model) {
  const state = Object.fromEntries([...KEPT, "picture"].map((name) => [name, model.get(name)]));
  const { kernels, pictures, levels, found } = model.get("offers");
  const id = Math.random().toString(36).slice(2);
  const keep = {};
  let image = decoded(state.picture);
  let result = {};
  let at = "map"; // the panel whose cell is looked at
  let spot = [0, 0]; // the cell of the pooled map
  let reach = null; // while the kernel slides: the last cell that is done
  let playing = null;
  let goal = null; // the picture to make, and what is kept of it
  let hints = 0;
  let frame = 0;
  let saving = 0;
  let speaking = 0;
  let active = [0, 0, 0];

  // ---- the parts

  const button = (label, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, label);
  const option = (value, text) => make("option", { value }, text);

  function select(label, options, onchange) {
    const node = make("select", { id: `explore-${label}-${id}`, onchange: () => onchange(node.value) }, ...options);
    return { node, field: make("div", { class: "explore-field" }, make("label", { for: node.id }, label), node) };
  }

  /** A number between two buttons; also typed. */
  function stepper(label, low, high, get, put) {
    const input = make("input", {
      type: "text",
      role: "spinbutton",
      inputmode: "numeric",
      class: "explore-count",
      "aria-label": label,
      "aria-valuemin": low,
      "aria-valuemax": high,
      autocomplete: "off",
    });
    const move = (by) => put(clamp(get() + by, low, high));
    const fewer = button("−", () => move(-1), { "aria-label": `${label}: one less`, tabindex: -1 });
    const more = button("+", () => move(1), { "aria-label": `${label}: one more`, tabindex: -1 });
    input.addEventListener("change", () => {
      const value = read(input.value);
      if (Number.isInteger(value) && value >= low && value <= high) put(value);
      else say(`${label}: a whole number from ${low} to ${high}.`);
      input.value = String(get());
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      move(event.key === "ArrowUp" ? 1 : -1);
      input.value = String(get());
      input.select();
    });
    const update = () => {
      if (root.getRootNode().activeElement !== input) setValue(input, String(get()));
      setAttribute(input, "aria-valuenow", String(get()));
      fewer.disabled = get() <= low;
      more.disabled = get() >= high;
    };
    return { update, node: make("span", { class: "explore-stepper" }, fewer, input, more) };
  }

  const field = (label, ...nodes) => make("div", { class: "explore-field" }, make("span", { "aria-hidden": "true" }, label), ...nodes);

  const picture = Panel("picture");
  const kernelBox = make("div", { class: "explore-slices" });
  const map = Panel("map", { interactive: true });
  const last = Panel("last", { interactive: true });

  const photos = select(
    "Picture",
    [
      make("optgroup", { label: "Photos" }, ...pictures.filter((one) => !one.numbers).map((one) => option(one.name, one.title))),
      make("optgroup", { label: "Numbers" }, ...pictures.filter((one) => one.numbers).map((one) => option(one.name, one.title))),
      option("yours", "Your own"),
    ],
    (name) => (name === "yours" ? file.click() : model.send({ do: "picture", name })),
  );
  const file = make("input", { type: "file", accept: "image/*", "aria-label": "Your own photo", hidden: true, onchange: () => bring(file.files[0]) });
  const own = button("Your own photo…", () => file.click(), { class: "explore-quiet" });
  const depth = select("Colours", [option("gray", "grey"), option("rgb", "red, green, blue")], (channels) => deepen(channels));
  const names = select("Kernel", [...kernels.map((one) => option(one.name, one.title)), option("", "Your own")], takeKernel);
  const heights = stepper("Kernel rows", 1, LARGEST, () => state.cells.length, (value) => resize(value, state.cells[0].length));
  const widths = stepper("Kernel columns", 1, LARGEST, () => state.cells[0].length, (value) => resize(state.cells.length, value));
  const divisor = make("input", { type: "text", class: "explore-count", "aria-label": "Divided by", autocomplete: "off" });
  divisor.addEventListener("input", () => {
    const value = read(divisor.value);
    divisor.setAttribute("aria-invalid", String(!value));
    if (value) put({ divisor: value });
  });
  divisor.addEventListener("blur", () => {
    divisor.removeAttribute("aria-invalid");
    divisor.value = short(state.divisor);
  });
  const strides = stepper("Stride", 1, 8, () => state.stride, (stride) => put({ stride }));
  const borders = select(
    "Border",
    [option("valid", "none (valid)"), option("zero", "zeros"), option("reflect", "reflect"), option("symmetric", "symmetric")],
    (padding) => put({ padding, pad: null }),
  );
  const pads = stepper("Border width", 0, 15, () => padsOf(state)[0], (pad) => put({ pad }));
  const padsField = field("Width", pads.node);
  const relu = make("input", { type: "checkbox", onchange: () => put({ relu: relu.checked }) });
  const pools = select(
    "Pooling",
    [option("none", "none"), ...Object.keys(POOLING).map((kind) => option(kind, kind))],
    (pool) => put({ pool }),
  );
  const poolSizes = stepper("Pooling size", 1, 8, () => state.pool_size, (pool_size) => put({ pool_size }));
  const poolStrides = stepper("Pooling stride", 1, 8, () => state.pool_stride ?? state.pool_size, (pool_stride) => put({ pool_stride }));
  const poolFields = [field("Size", poolSizes.node), field("Stride", poolStrides.node)];

  const about = make("p", { class: "explore-about" });
  const tools = make(
    "div",
    { class: "explore-tools", role: "group", "aria-label": "Change all weights" },
    button("All 0", () => change(() => 0)),
    button("All 1", () => change(() => 1)),
    button("± Signs", () => change((cells, p, q, c) => -cells[p][q][c] || 0)),
    button("Turn", turn, { "aria-label": "Turn by a quarter" }),
    button("÷ Sum", () => put({ divisor: sum() || 1 }), { "aria-label": "Divide by the sum of the weights" }),
  );
  const kernelPanel = make(
    "div",
    { class: "explore-panel explore-kernel" },
    make("p", { class: "explore-name" }, "Kernel"),
    kernelBox,
    make("div", { class: "explore-row explore-sides" }, heights.node, make("span", { "aria-hidden": "true" }, "×"), widths.node),
    make("div", { class: "explore-row explore-divide" }, make("span", { "aria-hidden": "true" }, "divided by"), divisor),
    tools,
  );

  const first = button(icon("M3 3h2v10H3zM13 3v10L6 8z"), () => slideTo(0), { "aria-label": "First cell", class: "explore-icon" });
  const back = button(icon("M11 3v10L4 8z"), () => slideTo(index() - 1), { "aria-label": "One cell back", class: "explore-icon" });
  const play = button("", togglePlay, { class: "explore-icon" });
  const next = button(icon("M5 3v10l7-5z"), () => slideTo(index() + 1), { "aria-label": "One cell on", class: "explore-icon" });
  const whole = button("Whole map", () => stop(true), { class: "explore-quiet" });
  const slider = make("div", { class: "explore-slide", role: "group", "aria-label": "Slide the kernel" }, first, back, play, next, whole);

  const closeTitle = make("p", { class: "explore-name" });
  const windows = make("div", { class: "explore-windows" });
  const total = make("p", { class: "explore-total" });
  const close = make("div", { class: "explore-close" }, closeTitle, windows, total);
  const formula = make("dl", { class: "explore-formula", "aria-label": "Sizes" });
  const trouble = make("p", { class: "explore-trouble", role: "alert", hidden: true });
  const live = make("div", { class: "explore-unseen", role: "status", "aria-live": "polite" });

  const free = button("Explore", () => state.level && model.send({ do: "level", name: "" }));
  const game = button("", () => state.level || model.send({ do: "level", name: (levels.find((one) => !state.solved.includes(one.name)) ?? levels[0]).name }));
  const steps = levels.map((one, number) => {
    const sign = make("span", { class: "explore-sign", "aria-hidden": "true" }, String(number + 1));
    const node = button([sign, make("span", {}, one.title)], () => model.send({ do: "level", name: one.name }), { class: "explore-step" });
    return { node, sign, name: one.name, title: one.title, number: number + 1 };
  });
  const task = make("p", { class: "explore-task" });
  const bar = make("div", { class: "explore-bar" });
  const meter = make(
    "div",
    { class: "explore-meter", role: "meter", "aria-label": "Likeness", "aria-valuemin": 0, "aria-valuemax": 100 },
    bar,
    make("div", { class: "explore-mark", style: `left: ${100 * found}%` }),
  );
  const verdict = make("p", { class: "explore-verdict" });
  const onward = button("Next level", () => model.send({ do: "level", name: following().name }), { class: "explore-main" });
  const hintList = make("ol", { class: "explore-hints", "aria-label": "Hints" });
  const hint = button("Hint", giveHint, { class: "explore-quiet" });
  const quest = make(
    "div",
    { class: "explore-quest" },
    make("div", { class: "explore-steps", role: "group", "aria-label": "Levels" }, steps.map((step) => step.node)),
    task,
    make("div", { class: "explore-row explore-score" }, meter, verdict, make("span", { class: "explore-push" }), hint, onward),
    hintList,
  );

  const bench = make("div", { class: "explore-bench" }, picture.node, kernelPanel, map.node, last.node);
  const controls = make(
    "div",
    { class: "explore-controls" },
    make("div", { class: "explore-group explore-only-free" }, photos.field, depth.field, make("div", { class: "explore-field" }, own), file),
    make("div", { class: "explore-group explore-only-free" }, names.field),
    make("div", { class: "explore-group explore-only-free" }, field("Stride", strides.node), borders.field, padsField),
    make(
      "div",
      { class: "explore-group explore-only-free" },
      make("label", { class: "explore-field explore-check" }, make("span", {}, "ReLU"), relu),
      pools.field,
      ...poolFields,
    ),
  );
  const help = make(
    "details",
    { class: "explore-help" },
    make("summary", {}, "Keys"),
    make("dl", {}, ...KEYS.map(([keys, does]) => make("div", {}, make("dt", {}, ...keys.map((key) => make("kbd", {}, key))), make("dd", {}, does)))),
  );
  const root = make(
    "section",
    { class: "explore", "aria-label": "Kernel explorer", [QUIET]: "true", onkeydown: (event) => event.key !== "Tab" && event.stopPropagation() },
    make("div", { class: "explore-top" }, make("p", { class: "explore-title" }, "Kernel explorer"), make("div", { class: "explore-modes", role: "group", "aria-label": "What to do" }, free, game)),
    quest,
    controls,
    about,
    trouble,
    bench,
    make("div", { class: "explore-under" }, make("div", { class: "explore-look" }, slider, close), formula),
    help,
    live,
  );

  // ---- changing things

  function put(changes) {
    Object.assign(state, changes);
    if (changes.picture) see(changes.picture);
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    clearTimeout(saving);
    saving = setTimeout(() => model.save_changes(), 120);
    draw();
  }

  function see(shown) {
    image = decoded(shown);
    reach = null;
    pause();
    // A matrix is read from its first cell; of a photo, the middle has more to see than a corner.
    const small = Math.max(image.rows, image.columns) <= 24;
    put({ row: small ? 0 : image.rows >> 1, column: small ? 0 : image.columns >> 1 });
  }

  /** As disabled, but it keeps the focus, so that the keyboard is not lost. */
  function off(node, isOff) {
    setAttribute(node, "aria-disabled", String(isOff));
  }

  const sum = () => state.cells.flat(2).reduce((total, weight) => total + weight, 0);
  const deep = () => state.cells[0][0].length;
  const level = () => levels.find((one) => one.name === state.level) ?? null;
  const following = () => levels[(levels.indexOf(level()) + 1) % levels.length];

  function change(weight) {
    const { cells } = state;
    put({ cells: cells.map((row, p) => row.map((cell, q) => cell.map((_, c) => weight(cells, p, q, c)))) });
  }

  function turn() {
    const { cells } = state;
    put({ cells: cells[0].map((_, q) => cells.map((_, p) => [...cells[cells.length - 1 - p][q]])) });
  }

  /** Another size around the same middle. */
  function resize(height, width) {
    const { cells } = state;
    const up = Math.floor((height - cells.length) / 2);
    const left = Math.floor((width - cells[0].length) / 2);
    const zero = Array(deep()).fill(0);
    const resized = Array.from({ length: height }, (_, p) => Array.from({ length: width }, (_, q) => [...(cells[p - up]?.[q - left] ?? zero)]));
    active = [0, 0, 0];
    put({ cells: resized, pad: null });
  }

  function takeKernel(name) {
    const one = kernels.find((each) => each.name === name);
    if (!one) return draw();
    const channels = deep();
    return put({ cells: one.cells.map((row) => row.map((weight) => Array(channels).fill(weight))), divisor: one.divisor * channels, pad: null });
  }

  function deepen(channels) {
    if (channels === state.channels) return;
    // The same weights in each channel; divided by 3, the answers stay about as large.
    const cells = state.cells.map((row) => row.map((cell) => (channels === "rgb" ? [cell[0], cell[0], cell[0]] : [cell[0]])));
    active = [0, 0, 0];
    put({ channels, cells, divisor: channels === "rgb" ? state.divisor * 3 : state.divisor / 3 });
  }

  async function bring(chosen) {
    if (!chosen) return;
    try {
      const bitmap = await createImageBitmap(chosen);
      const scale = Math.min(1, OWN_SIDE / Math.max(bitmap.width, bitmap.height));
      const [columns, rows] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
      const context = Object.assign(document.createElement("canvas"), { width: columns, height: rows }).getContext("2d");
      context.fillStyle = "#fff"; // under what is transparent
      context.fillRect(0, 0, columns, rows);
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, columns, rows);
      const pixels = context.getImageData(0, 0, columns, rows).data;
      const data = new Uint8Array(3 * rows * columns);
      for (let cell = 0; cell < rows * columns; cell++) for (let c = 0; c < 3; c++) data[3 * cell + c] = pixels[4 * cell + c];
      // As the kernel's own messages have it.
      put({ picture: { name: "yours", shape: [rows, columns, 3], type: "uint8", low: 0, high: 255, data: new DataView(data.buffer) } });
      say(`Your photo, ${rows} rows, ${columns} columns.`);
    } catch {
      say(`${chosen.name} is not a picture that this browser can read.`, true);
    }
    file.value = "";
  }

  function giveHint() {
    if (hints >= level().hints.length) return;
    hints += 1;
    draw();
    say(`Hint ${hints}: ${level().hints[hints - 1]}`);
  }

  // ---- speaking

  function say(text, visibly = false) {
    clearTimeout(speaking);
    live.textContent = text;
    if (visibly) {
      trouble.textContent = text;
      trouble.hidden = false;
    }
  }

  /** After a pause, so that a key held down does not fill the ears. */
  function saySoon(text) {
    clearTimeout(speaking);
    speaking = setTimeout(() => (live.textContent = text()), 250);
  }

  // ---- the cell that is looked at

  const index = () => state.row * (result.map?.columns ?? 1) + state.column;

  function look(where, row, column) {
    if (!result.map) return;
    at = where === "last" && result.pooled ? "last" : "map";
    if (at === "last") {
      spot = [clamp(row, 0, result.pooled.rows - 1), clamp(column, 0, result.pooled.columns - 1)];
      draw();
    } else {
      put({ row: clamp(row, 0, result.map.rows - 1), column: clamp(column, 0, result.map.columns - 1) });
    }
    saySoon(spoken);
  }

  function slideTo(cell) {
    if (!result.map) return;
    pause();
    const { rows, columns } = result.map;
    reach = clamp(cell, 0, rows * columns - 1);
    look("map", Math.floor(reach / columns), reach % columns);
  }

  function togglePlay() {
    if (playing !== null) return stop(false);
    if (!result.map) return undefined;
    const { rows, columns } = result.map;
    const count = rows * columns;
    const start = reach === null || reach >= count - 1 ? 0 : reach;
    const pace = Math.min(STEP_MILLISECONDS, (1000 * SLIDE_SECONDS) / count);
    const began = performance.now();
    const step = (now) => {
      reach = Math.min(count - 1, start + Math.floor(Math.max(0, now - began) / pace));
      at = "map";
      put({ row: Math.floor(reach / columns), column: reach % columns });
      if (reach < count - 1) playing = requestAnimationFrame(step);
      else {
        playing = null;
        saySoon(() => "The map is complete.");
        draw();
      }
    };
    playing = requestAnimationFrame(step);
    return draw();
  }

  function pause() {
    if (playing !== null) cancelAnimationFrame(playing);
    playing = null;
  }

  function stop(all) {
    pause();
    if (all) reach = null;
    draw();
    saySoon(spoken);
  }

  function steer(panel, where) {
    const point = (event) => {
      if (playing !== null || event.pointerType === "touch" && event.type === "pointermove" && event.buttons === 0) return;
      const [row, column] = panel.cellAt(event);
      const now = where === "last" ? spot : [state.row, state.column];
      if (at !== where || now[0] !== row || now[1] !== column) {
        reach = null;
        look(where, row, column);
      }
    };
    panel.view.addEventListener("pointermove", point);
    panel.view.addEventListener("pointerdown", point);
    panel.view.addEventListener("keydown", (event) => {
      if (event.altKey || event.metaKey || event.shiftKey || !result.map) return;
      const size = where === "last" ? result.pooled : result.map;
      const [row, column] = where === "last" ? spot : [state.row, state.column];
      const far = event.ctrlKey;
      const to = {
        ArrowLeft: [row, column - 1],
        ArrowRight: [row, column + 1],
        ArrowUp: [row - 1, column],
        ArrowDown: [row + 1, column],
        Home: [far ? 0 : row, 0],
        End: [far ? size.rows - 1 : row, size.columns - 1],
        PageUp: [row - 10, column],
        PageDown: [row + 10, column],
      }[event.key];
      if (to && (!far || ["Home", "End"].includes(event.key))) {
        event.preventDefault();
        pause();
        reach = null;
        look(where, ...to);
      } else if (event.key === " " && where === "map") {
        event.preventDefault();
        if (!event.repeat) togglePlay();
      }
    });
    panel.view.addEventListener("focus", () => {
      if (at !== where && result.map) {
        at = where;
        draw();
      }
    });
  }

  // ---- the kernel's cells

  let inputs = [];

  function buildKernel() {
    const [height, width, channels] = [state.cells.length, state.cells[0].length, deep()];
    inputs = [];
    kernelBox.style.setProperty("--columns", width);
    const slices = Array.from({ length: channels }, (_, c) => {
      const rows = Array.from({ length: height }, (_, p) =>
        make(
          "div",
          { role: "row" },
          ...Array.from({ length: width }, (_, q) => {
            const input = weightInput(p, q, c);
            (inputs[c] ??= [])[p * width + q] = input;
            return make("div", { role: "gridcell" }, input);
          }),
        ),
      );
      const label = channels === 3 ? `Kernel, ${named(c)}` : "Kernel";
      const grid = make("div", { role: "grid", class: "explore-weights", "aria-label": `${label}, ${height} rows, ${width} columns` }, ...rows);
      return make("div", { class: `explore-slice${channels === 3 ? ` explore-${named(c)}` : ""}` }, channels === 3 ? make("p", {}, named(c)) : null, grid);
    });
    kernelBox.replaceChildren(...slices);
    kernelBox.dataset.shape = [height, width, channels].join();
  }

  function weightInput(p, q, c) {
    const input = make("input", {
      type: "text",
      inputmode: "text",
      autocomplete: "off",
      "aria-label": `row ${p}, column ${q}`,
      tabindex: -1,
    });
    const set = (value) => {
      const cells = state.cells.map((row) => row.map((cell) => [...cell]));
      cells[p][q][c] = value;
      put({ cells });
    };
    input.addEventListener("focus", () => {
      active = [p, q, c];
      input.select();
      draw();
    });
    input.addEventListener("input", () => {
      const value = input.value.trim() === "" ? 0 : read(input.value);
      input.setAttribute("aria-invalid", String(value === null));
      if (value !== null) set(value);
      saySoon(outcome);
    });
    input.addEventListener("blur", () => {
      input.removeAttribute("aria-invalid");
      input.value = short(state.cells[p][q][c]);
    });
    input.addEventListener("keydown", (event) => {
      const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
      if (ctrlKey || metaKey || altKey || shiftKey) return;
      const { selectionStart: from, selectionEnd: to, value } = input;
      const all = from === 0 && to === value.length;
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] }[key];
      if (key === "PageUp" || key === "PageDown") {
        event.preventDefault();
        set(Number((state.cells[p][q][c] + (key === "PageUp" ? 1 : -1)).toPrecision(12)));
        input.value = short(state.cells[p][q][c]);
        input.select();
        saySoon(outcome);
      } else if (step) {
        // Within a number that is being typed, the arrows move the caret.
        if (key === "ArrowLeft" && !all && to > 0) return;
        if (key === "ArrowRight" && !all && from < value.length) return;
        event.preventDefault();
        inputAt(p + step[0], q + step[1], c)?.focus();
      } else if (key === "Escape") {
        input.value = short(state.cells[p][q][c]);
        input.select();
      }
    });
    // Dragging up and down with the mouse turns the number like a knob.
    input.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      const [y, before] = [event.clientY, state.cells[p][q][c]];
      let turned = false;
      const move = (moved) => {
        const by = Math.trunc((y - moved.clientY) / 10);
        if (by === 0 && !turned) return;
        turned = true;
        moved.preventDefault();
        set(Number((before + by).toPrecision(12)));
        input.value = short(state.cells[p][q][c]);
      };
      const end = () => {
        window.removeEventListener("pointermove", move);
        input.select();
        if (turned) saySoon(outcome);
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", end, { once: true });
    });
    return input;
  }

  const inputAt = (p, q, c) => (state.cells[p]?.[q] === undefined ? null : inputs[c][p * state.cells[0].length + q]);

  // ---- drawing

  function draw() {
    if (!frame) frame = requestAnimationFrame(() => {
      frame = 0;
      drawNow();
    });
  }

  function drawNow() {
    const focused = root.getRootNode().activeElement;
    const here = level();
    root.classList.toggle("explore-playing", Boolean(here));
    if ([state.cells.length, state.cells[0].length, deep()].join() !== kernelBox.dataset.shape) buildKernel();
    result = run(image, state, keep);
    if (result.map) {
      state.row = clamp(state.row, 0, result.map.rows - 1);
      state.column = clamp(state.column, 0, result.map.columns - 1);
    }
    if (result.pooled) spot = [clamp(spot[0], 0, result.pooled.rows - 1), clamp(spot[1], 0, result.pooled.columns - 1)];
    else at = "map";
    drawControls(focused, here);
    drawPictures(here);
    drawWindow();
    drawSizes();
    drawQuest(here);
    trouble.hidden = !result.trouble;
    if (result.trouble) setText(trouble, result.trouble);
  }

  function drawControls(focused, here) {
    photos.node.value = state.picture.name;
    depth.field.hidden = image.planes.length === 1;
    depth.node.value = state.channels;
    const channels = deep();
    const chosen = kernels.find(
      (one) =>
        one.divisor * channels === state.divisor &&
        one.cells.length === state.cells.length &&
        one.cells[0].length === state.cells[0].length &&
        state.cells.every((row, p) => row.every((cell, q) => cell.every((weight) => weight === one.cells[p][q]))),
    );
    names.node.value = chosen?.name ?? "";
    setText(about, here ? "" : chosen ? `${chosen.about[0].toUpperCase()}${chosen.about.slice(1)}.` : "");
    about.hidden = !about.textContent;
    for (const part of [heights, widths, strides, pads, poolSizes, poolStrides]) part.update();
    if (focused !== divisor) divisor.value = short(state.divisor);
    borders.node.value = state.padding;
    padsField.hidden = state.padding === "valid";
    relu.checked = state.relu;
    pools.node.value = state.pool;
    for (const part of poolFields) part.hidden = state.pool === "none";
    setAttribute(free, "aria-pressed", String(!here));
    setAttribute(game, "aria-pressed", String(Boolean(here)));
    setText(game, `Find the kernel · ${state.solved.length} of ${levels.length}`);
    active = [Math.min(active[0], state.cells.length - 1), Math.min(active[1], state.cells[0].length - 1), Math.min(active[2], channels - 1)];
    const largest = Math.max(1e-9, ...state.cells.flat(2).map(Math.abs));
    for (let c = 0; c < channels; c++) {
      state.cells.forEach((row, p) =>
        row.forEach((cell, q) => {
          const input = inputAt(p, q, c);
          const value = cell[c];
          if (focused !== input) setValue(input, short(value));
          // One stop for the Tab key in each slice.
          input.tabIndex = (c === active[2] ? p === active[0] && q === active[1] : p === 0 && q === 0) ? 0 : -1;
          const share = Math.abs(value) / largest;
          input.parentNode.dataset.sign = value > 0 ? "plus" : value < 0 ? "minus" : "zero";
          setProperty(input.parentNode, "--share", share.toFixed(2));
        }),
      );
    }
    const running = playing !== null;
    if (play.dataset.running !== String(running)) {
      play.dataset.running = String(running);
      play.replaceChildren(icon(running ? "M4 3h3v10H4zM9 3h3v10H9z" : "M4 2.5v11l9-5.5z"), running ? "Stop" : "Slide");
    }
    if (reach === null && focused === whole) play.focus();
    whole.hidden = reach === null;
    for (const node of [first, back]) off(node, index() === 0);
    off(next, !result.map || index() === result.map.rows * result.map.columns - 1);
  }

  const size = ({ rows, columns }) => `${rows} × ${columns}`;

  function drawPictures(here) {
    const { input, map: made, pooled: small } = result;
    const [above, left] = padsOf(state);
    const shown = input ?? inGray(image);
    picture.paint(shown, shown.planes, image.low, image.high);
    const border = above || left ? ` with its border, ${size(shown)}` : "";
    const channels = shown.planes.length === 3 ? " × 3" : "";
    name(picture, here ? "Photo" : "Picture", `${image.rows} × ${image.columns}${channels}`);
    setText(picture.below, here ? "" : border.replace(" with", "With") || (image.whole ? "Black 0, white 255." : ""));
    setAttribute(picture.view, "aria-label", `The picture, ${size(image)}${border}`);
    setProperty(picture.view, "--above", `${(100 * above) / shown.rows}%`);
    setProperty(picture.view, "--left", `${(100 * left) / shown.columns}%`);
    picture.view.classList.toggle("explore-bordered", Boolean(above || left));
    map.node.hidden = !made;
    last.node.hidden = here ? false : !small;
    bench.classList.toggle("explore-four", !last.node.hidden);
    // Three slices, or a wide one, have a row of their own.
    root.classList.toggle("explore-wide", deep() === 3 || state.cells[0].length > 7);
    if (!made) {
      picture.box.hidden = true;
      return;
    }
    const cut = here ? cropped(made, image) : made;
    const tone = tones(made, state, image);
    map.paint(cut, (cut.planes ??= [cut.values]), tone.black, tone.white, reach ?? Infinity);
    name(map, here ? "Your picture" : "Feature map", `${size(made)}${state.relu ? ", ReLU" : ""}`);
    setText(map.below, legend(tone));
    setAttribute(map.view, "aria-label", `${here ? "Your picture" : "Feature map"}, ${made.rows} rows, ${made.columns} columns; arrow keys choose a cell`);
    if (here) {
      const wanted = goalOf(here);
      last.paint(wanted.made, (wanted.made.planes ??= [wanted.made.values]), wanted.tone.black, wanted.tone.white);
      name(last, "Make this picture", "");
      setText(last.below, legend(wanted.tone));
      setAttribute(last.view, "aria-label", `The picture to make: ${here.task}`);
      setAttribute(last.view, "role", "img");
      last.view.removeAttribute("tabindex");
      last.box.hidden = true;
    } else if (small) {
      last.paint(small, [small.values], ...(state.pool === "sum" ? sumTones(small, tone) : [tone.black, tone.white]));
      name(last, `Pooled: ${state.pool}`, size(small));
      setText(last.below, state.pool === "sum" ? "" : "Black and white as in the map.");
      setAttribute(last.view, "role", "application");
      setAttribute(last.view, "tabindex", "0");
      setAttribute(last.view, QUIET, "true");
      setAttribute(last.view, "aria-label", `Pooled map, ${small.rows} rows, ${small.columns} columns; arrow keys choose a cell`);
    }
  }

  function sumTones(small, tone) {
    const most = small.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
    return tone.black < 0 ? [-most, most] : [0, most];
  }

  function name(panel, title, detail) {
    if (panel.title.dataset.text === title + detail) return;
    panel.title.dataset.text = title + detail;
    panel.title.replaceChildren(title, ...(detail ? [" ", make("small", {}, detail)] : []));
  }

  function legend({ black, white, photo, cut }) {
    if (photo) return `Black ${short(black)}, white ${short(white)}${cut ? "; beyond is cut off" : ""}.`;
    return black < 0 ? `Black ${short(black)}, grey 0, white ${short(white)}.` : `Black 0, white ${short(white)}.`;
  }

  function drawWindow() {
    const { map: made, pooled: small, input, raw } = result;
    close.hidden = slider.hidden = !made;
    if (!made) return;
    const { cells, stride, divisor: by } = state;
    const [height, width] = [cells.length, cells[0].length];
    const inPooled = at === "last" && small;
    map.inner.hidden = last.box.hidden = true;
    const [across, shownRows] = [Math.min(made.columns, state.level ? image.columns : made.columns), made.rows];
    if (inPooled) {
      const [pool, step] = [state.pool_size, state.pool_stride ?? state.pool_size];
      const [top, left] = [spot[0] * step, spot[1] * step];
      last.place(last.box, spot[0], spot[1], 1, 1);
      map.place(map.box, top, left, pool, pool);
      picture.place(picture.box, top * stride, left * stride, (pool - 1) * stride + height, (pool - 1) * stride + width);
      const values = Array.from({ length: pool }, (_, p) => Array.from({ length: pool }, (_, q) => made.values[(top + p) * made.columns + left + q]));
      const answer = small.values[spot[0] * small.columns + spot[1]];
      setText(closeTitle, `Pooled row ${spot[0]}, column ${spot[1]}: its window in the map`);
      table([values.map((row) => row.map((value) => ({ value: short(value), mark: state.pool === "max" && value === answer })))], [""], "plain");
      setText(total, `The ${POOLING[state.pool]} of ${pool * pool} ${pool * pool === 1 ? "number" : "numbers"}: ${short(answer)}`);
      return;
    }
    const [top, left] = [state.row * stride, state.column * stride];
    if (state.column < across && state.row < shownRows) map.place(map.box, Math.min(state.row, (state.level ? image.rows : made.rows) - 1), state.column, 1, 1);
    picture.place(picture.box, top, left, height, width);
    const cell = state.row * made.columns + state.column;
    const kinds = input.planes.length === 3 ? [0, 1, 2] : [0];
    let sum = 0;
    const slices = kinds.map((c) =>
      cells.map((row, p) =>
        row.map((weights, q) => {
          const pixel = input.planes[c][(top + p) * input.columns + left + q];
          const product = pixel * weights[c];
          sum += product;
          return { pixel: short(pixel), weight: short(weights[c]), value: short(product), sign: Math.sign(product) };
        }),
      ),
    );
    setText(closeTitle, `Row ${state.row}, column ${state.column} of the map: the window, times the kernel`);
    table(slices, kinds.length === 3 ? kinds.map(named) : [""], "products");
    const count = height * width * kinds.length;
    const parts = [`The sum of ${count} ${count === 1 ? "product" : "products"}: ${short(sum)}`];
    if (by !== 1) parts.push(`divided by ${short(by)}: ${short(raw.values[cell])}`);
    if (state.relu) parts.push(`after the ReLU: ${short(made.values[cell])}`);
    setText(total, parts.join(", "));
  }

  /** Small tables of products, or of plain values; built anew only for another shape. */
  function table(slices, captions, kind) {
    const shape = [kind, slices.length, slices[0].length, slices[0][0].length].join();
    if (windows.dataset.shape !== shape) {
      windows.dataset.shape = shape;
      windows.replaceChildren(
        ...slices.map((rows, c) => {
          const cell = () =>
            kind === "products"
              ? make("td", {}, make("span", {}, ""), make("span", { class: "explore-weight" }, ""), make("span", { class: "explore-unseen" }, " is "), make("b", {}, ""))
              : make("td", {}, make("b", {}, ""));
          const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell))));
          const words = kind === "products" ? "Products" : "Window";
          return make("div", { class: "explore-table" }, make("table", {}, make("caption", { class: captions[c] ? "" : "explore-unseen" }, captions[c] || words), body));
        }),
      );
      // What must be scrolled must be reached by keyboard.
      const wide = slices[0][0].length > 4;
      for (const frame of windows.children) {
        if (!wide) continue;
        setAttribute(frame, "tabindex", "0");
        setAttribute(frame, "role", "region");
        setAttribute(frame, "aria-label", "Products");
        setAttribute(frame, QUIET, "true");
      }
    }
    slices.forEach((rows, c) => {
      const body = windows.children[c].querySelector("tbody");
      rows.forEach((row, p) =>
        row.forEach((it, q) => {
          const cell = body.children[p].children[q];
          if (kind === "products") {
            setText(cell.children[0], it.pixel);
            setText(cell.children[1], ` × ${it.weight}`);
            cell.dataset.sign = it.sign > 0 ? "plus" : it.sign < 0 ? "minus" : "zero";
          } else cell.dataset.sign = it.mark ? "plus" : "zero";
          setText(cell.lastChild, it.value);
        }),
      );
    });
  }

  function drawSizes() {
    const { map: made, pooled: small } = result;
    formula.hidden = !made;
    if (!made) return;
    const [above, left] = padsOf(state);
    const one = (side, pad, kernel, answer) => `(${side}${state.padding === "valid" ? "" : ` + 2·${pad}`} − ${kernel}) // ${state.stride} + 1 = ${answer}`;
    const { cells } = state;
    const lines = [
      ["Rows", one(image.rows, above, cells.length, made.rows)],
      ["Columns", one(image.columns, left, cells[0].length, made.columns)],
    ];
    if (small) {
      const [pool, step] = [state.pool_size, state.pool_stride ?? state.pool_size];
      lines.push(["Pooled rows", `(${made.rows} − ${pool}) // ${step} + 1 = ${small.rows}`]);
      lines.push(["Pooled columns", `(${made.columns} − ${pool}) // ${step} + 1 = ${small.columns}`]);
    }
    const count = [cells.length, cells[0].length, ...(deep() === 3 ? [3] : [])];
    lines.push(["Weights", `${count.join(" · ")} = ${count.reduce((a, b) => a * b)}, together ${short(Number((sum() / state.divisor).toPrecision(12)))}`]);
    const text = JSON.stringify(lines);
    if (formula.dataset.text === text) return;
    formula.dataset.text = text;
    formula.replaceChildren(...lines.map(([term, words]) => make("div", {}, make("dt", {}, term), make("dd", {}, words))));
  }

  // ---- the game

  function goalOf(here) {
    if (goal?.name === here.name && goal.image === image) return goal;
    const cells = here.cells.map((row) => row.map((weight) => [weight]));
    const made = madeBy(image, cells, here.divisor);
    goal = { name: here.name, image, made, tone: tones(made, { cells, divisor: here.divisor }, image) };
    return goal;
  }

  function drawQuest(here) {
    quest.hidden = !here;
    if (!here) return;
    for (const step of steps) {
      const done = state.solved.includes(step.name);
      setAttribute(step.node, "aria-current", step.name === here.name ? "step" : "false");
      setAttribute(step.node, "aria-label", `Level ${step.number}: ${step.title}${done ? ", found" : ""}`);
      step.node.classList.toggle("explore-done", done);
      setText(step.sign, done ? "✓" : String(step.number));
    }
    setText(task, here.task);
    const ready = state.picture.name === here.photo && result.map;
    const share = ready ? likeness(here.keeps, cropped(result.map, image), goalOf(here).made, image) : 0;
    const won = ready && share >= found;
    bar.style.width = `${percent(share)}%`;
    setAttribute(meter, "aria-valuenow", String(percent(share)));
    setAttribute(meter, "aria-valuetext", `${percent(share)} per cent, found at ${percent(found)}`);
    root.classList.toggle("explore-won", Boolean(won));
    setText(verdict, won ? `Found: ${percent(share)} % alike.` : `${percent(share)} % alike. ${advice(here, share)}`);
    if (!won && root.getRootNode().activeElement === onward) inputAt(...active).focus();
    onward.hidden = !won;
    const none = hints >= here.hints.length;
    off(hint, none);
    hint.hidden = Boolean(won);
    setText(hint, none ? "No more hints" : `Hint ${hints + 1} of ${here.hints.length}`);
    if (hintList.childElementCount !== hints) hintList.replaceChildren(...here.hints.slice(0, hints).map((text) => make("li", {}, text)));
    if (won && !state.solved.includes(here.name)) {
      put({ solved: levels.map((one) => one.name).filter((each) => each === here.name || state.solved.includes(each)) });
      say(`Found: ${here.title}, ${percent(share)} per cent alike. ${state.solved.length} of ${levels.length} levels.`);
    }
  }

  function advice(here, share) {
    const weights = sum() / state.divisor;
    if (!here.keeps && share < -0.5) return "This is its negative: turn the signs around.";
    if (here.keeps && Math.abs(weights - 1) > 0.02) return `Your weights add up to ${short(Number(weights.toPrecision(3)))}: for the brightness to stay, it must be 1.`;
    if (!here.keeps && Math.abs(weights) > 0.02 && sum() !== 1) return `Your weights add up to ${short(Number(weights.toPrecision(3)))}: for plain areas to be grey, it must be 0.`;
    if (share > 0.6) return "Close.";
    return `From ${percent(found)} % on it counts.`;
  }

  // ---- what is said

  function spoken() {
    const { map: made, pooled: small } = result;
    if (!made) return result.trouble ?? "";
    if (at === "last" && small) return `Pooled row ${spot[0]}, column ${spot[1]}. ${total.textContent}.`;
    return `Row ${state.row}, column ${state.column}. ${total.textContent}.`;
  }

  function outcome() {
    if (result.trouble) return result.trouble;
    if (state.level) return verdict.textContent;
    return `Feature map ${size(result.map)}. ${spoken()}`;
  }

  // ---- beginning and end

  const changed = KEPT.concat("picture").map((key) => [
    `change:${key}`,
    () => {
      const value = model.get(key);
      if (value === state[key]) return;
      state[key] = value;
      if (key === "picture") see(value);
      if (key === "level") {
        hints = 0;
        active = [0, 0, 0];
        reach = null;
        pause();
        at = "map";
        const here = level();
        say(here ? `Level ${levels.indexOf(here) + 1}: ${here.title}. ${here.task}` : "Explore.");
      }
      draw();
    },
  ]);
  for (const [event, handler] of changed) model.on(event, handler);
  for (const [event, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    picture.view.addEventListener(event, (dragged) => {
      if (state.level) return;
      dragged.preventDefault();
      dragged.stopPropagation();
      picture.view.classList.toggle("explore-over", over);
      if (event === "drop") bring(dragged.dataTransfer.files[0]);
    });
  }
  for (const select of [names, photos, depth, borders, pools]) select.node.addEventListener("change", () => saySoon(outcome));
  steer(map, "map");
  steer(last, "last");
  el.replaceChildren(root);
  drawNow();
  return () => {
    pause();
    cancelAnimationFrame(frame);
    clearTimeout(speaking);
    clearTimeout(saving);
    model.save_changes();
    for (const [event, handler] of changed) model.off(event, handler);
    root.remove();
  };
}

/** anywidget's entry. */
function render({ model, el }) {
  return mount(el, model);
}

export default { render };
