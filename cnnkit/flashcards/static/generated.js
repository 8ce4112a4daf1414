// Cards with fresh numbers, as cnnkit/flashcards/generated.py and templates.py make them: the same draws in the same
// order and the same texts. vectors.json holds what both must show. No dependency, no state, no clock.

const WORD = 2 ** 32;
const DRAWS = 10000;
const MISTAKES = 2;

// FNV-1a makes 32 bits of a text; mulberry32 goes on from there.
class Numbers {
  constructor(text) {
    this.state = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) {
      this.state = Math.imul(this.state ^ byte, 0x01000193);
    }
  }

  word() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  below(count) {
    // Exact: the product has less than 53 bits, and the divisor is a power of two.
    return Math.floor((this.word() * count) / WORD);
  }

  between(low, high) {
    return low + this.below(high - low + 1);
  }

  pick(options) {
    return options[this.below(options.length)];
  }

  shuffled(items) {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other], result[last]];
    }
    return result;
  }

  // `count` draws, or rows of them.
  list(count, make) {
    return Array.from({ length: count }, make);
  }
}

// Arithmetic ----------------------------------------------------------------------------------------

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const places = (size, kernel, stride, pad = 0) => Math.floor((size + 2 * pad - kernel) / stride) + 1;
const both = (sizes, kernels, stride, pad = 0) => [0, 1].map((axis) => places(sizes[axis], kernels[axis], stride, pad));
const grouped = (number) =>
  Math.abs(number) >= 10000 ? String(number).replace(/\B(?=(\d{3})+$)/g, ",") : String(number);
const signed = (number) => (number < 0 ? `(${number})` : String(number));
const matrix = (name, rows) => ({ name, rows, mark: [] });

// The cells of a window, row by row.
function seen(image, size, top, left) {
  return image.slice(top, top + size[0]).flatMap((row) => row.slice(left, left + size[1]));
}

const product = (xs, ws) => sum(xs.map((x, k) => x * ws[k]));

// A number of hundredths as a decimal number.
function decimal(hundredths) {
  const size = Math.abs(hundredths);
  const digits = String(size % 100).padStart(2, "0");
  const text = `${Math.floor(size / 100)}.${digits}`.replace(/\.?0+$/, "");
  return hundredths < 0 ? `-${text}` : text;
}

// Sizes and counts ----------------------------------------------------------------------------------

const SIDES = ["rows", "columns"];

function outputSize(random) {
  const size = [random.between(9, 60), random.between(9, 60)];
  const kernel = [random.between(2, 7), random.between(2, 7)];
  const stride = random.pick([1, 2, 2, 3, 3, 4]);
  const pad = random.between(0, 3);
  const axis = random.below(2);
  if (size[0] === size[1] || pad >= Math.min(...kernel)) return null;
  const [n, k, asked, other] = [size[axis], kernel[axis], SIDES[axis], SIDES[1 - axis]];
  const results = both(size, kernel, stride, pad);
  const answer = results[axis];
  const span = n + 2 * pad - k;
  const steps = Math.floor(span / stride);
  const mistakes = [
    [results[1 - axis], `That is the number of ${other}; asked are the ${asked}.`],
    [steps, "The first place takes no step: add 1."],
    [
      Math.floor((n + 2 * pad) / stride),
      `The whole kernel has to fit: take its ${k} ${asked} off. The first place adds 1.`,
    ],
  ];
  if (pad) {
    mistakes.push([places(n, k, stride), "You forgot the padding."]);
    mistakes.push([Math.floor((n + pad - k) / stride) + 1, "The padding counts on both sides: add it twice."]);
  }
  if (stride > 1) mistakes.push([span + 1, "You forgot the stride: it divides."]);
  if (span % stride) {
    mistakes.push([Math.ceil(span / stride) + 1, "A last step that does not fit is dropped: round down."]);
  }
  if (2 * (span % stride) === stride) {
    mistakes.push([`${steps + 1}.5`, "A last step that does not fit is dropped: there is no half step."]);
  }
  const padding = pad > 1 ? `**${pad}** zeros on every side` : pad ? "**1** zero on every side" : "no padding";
  const front =
    `A kernel of **${kernel[0]} × ${kernel[1]}** slides over an image of **${size[0]} × ${size[1]}** (rows × columns) ` +
    `with stride **${stride}** and ${padding}.\n\nHow many ${asked} does the feature map have?`;
  const back =
    `**${answer}**\n\n$(${n} + 2·${pad} - ${k}) // ${stride} + 1 = ${span} // ${stride} + 1 = ${answer}$`;
  return { front, back, answer, mistakes };
}

function convParams(random) {
  const size = [random.between(12, 64), random.between(12, 64)];
  const kernel = [random.between(1, 7), random.between(1, 7)];
  const channels = random.between(2, 32);
  const filters = random.between(3, 64);
  const bias = Number(random.below(4) > 0);
  const area = kernel[0] * kernel[1];
  if (size[0] === size[1] || area === 1) return null;
  const one = area * channels + bias;
  const answer = filters * one;
  const [rows, columns] = both(size, kernel, 1);
  const weights = filters * area * channels;
  const mistakes = [
    [
      filters * (area + bias),
      `A filter is as deep as its input: it has a layer of weights for each of the ${channels} channels.`,
    ],
    [one, `That is one filter; there are ${filters}.`],
    [rows * columns * answer, "All places share the filters: the size of the image does not count."],
  ];
  if (bias) {
    mistakes.push([weights, "You forgot the bias: one number more for each filter."]);
    mistakes.push([weights + 1, "Each filter has a bias of its own: add one per filter."]);
    mistakes.push([filters * channels * (area + 1), "A filter has one bias in all, not one for each channel."]);
  } else {
    mistakes.push([weights + filters, "This layer has no biases."]);
  }
  const front =
    `A convolutional layer gets **${channels}** channels of **${size[0]} × ${size[1]}** and has **${filters}** ` +
    `filters of **${kernel[0]} × ${kernel[1]}**, ${bias ? "each with a bias" : "without biases"}.\n\n` +
    "How many numbers does it learn?";
  const factors = `${kernel[0]}·${kernel[1]}·${channels}`;
  const total = bias ? `${filters}·(${factors} + 1) = ${filters}·${one}` : `${filters}·${factors}`;
  return { front, back: `**${grouped(answer)}**\n\n$${total} = ${grouped(answer)}$`, answer, mistakes };
}

function denseParams(random) {
  const size = [random.between(2, 12), random.between(2, 12)];
  const channels = random.between(3, 32);
  const units = random.between(5, 200);
  const bias = Number(random.below(4) > 0);
  if (size[0] === size[1]) return null;
  const area = size[0] * size[1];
  const inputs = area * channels;
  const weights = inputs * units;
  const answer = weights + bias * units;
  const mistakes = [
    [units * (area + bias), `Flattening keeps all ${channels} channels: each pixel has ${channels} numbers.`],
    [inputs + units, "Each unit has a weight for each input: multiply, don't add."],
  ];
  if (bias) {
    mistakes.push([weights, "You forgot the bias: one number more for each unit."]);
    mistakes.push([weights + 1, "Each unit has a bias of its own: add one per unit."]);
    mistakes.push([weights + inputs, "The units have the biases, not the inputs."]);
  } else {
    mistakes.push([weights + units, "This layer has no biases."]);
  }
  const front =
    `**${channels}** feature maps of **${size[0]} × ${size[1]}** are flattened and go into a dense layer of ` +
    `**${units}** units ${bias ? "with" : "without"} biases.\n\nHow many numbers does the dense layer learn?`;
  const product = `${size[0]}·${size[1]}·${channels} = ${grouped(inputs)}`;
  const total = bias ? `${units}·(${inputs} + 1)` : `${units}·${inputs}`;
  const back = `**${grouped(answer)}**\n\nInputs: $${product}$. Numbers: $${total} = ${grouped(answer)}$`;
  return { front, back, answer, mistakes };
}

function receptiveField(random) {
  const layers = [];
  const lines = [];
  for (let count = random.between(2, 4); count > 0; count--) {
    const name = random.below(3) ? "convolution" : "max pooling";
    const [low, high] = name === "convolution" ? [1, 5] : [2, 3];
    const kernel = [random.between(low, high), random.between(low, high)];
    const stride = random.between(name === "convolution" ? 1 : 2, 3);
    layers.push([kernel, stride]);
    lines.push(`- ${name} ${kernel[0]} × ${kernel[1]}, stride ${stride}`);
  }
  const axis = random.below(2);
  const kernels = layers.map(([kernel]) => kernel[axis]);
  const strides = layers.map(([, stride]) => stride);
  if (layers.some(([kernel]) => kernel[0] * kernel[1] === 1) || Math.max(...strides.slice(0, -1)) === 1) return null;
  const [asked, other] = [SIDES[axis], SIDES[1 - axis]];
  const window = (along) => {
    let step = 1;
    let result = 1;
    for (const [kernel, stride] of layers) {
      result += (kernel[along] - 1) * step;
      step *= stride;
    }
    return result;
  };
  const answer = window(axis);
  let late = 1;
  let step = 1;
  const terms = ["1"];
  kernels.forEach((k, layer) => {
    terms.push(`${k - 1}·${step}`);
    step *= strides[layer];
    late += (k - 1) * step;
  });
  const mistakes = [
    [window(1 - axis), `Those are the ${other}; asked are the ${asked}.`],
    [
      sum(kernels) - kernels.length + 1,
      "You forgot the strides: behind one, cells lie further apart in the image.",
    ],
    [sum(kernels), "Windows overlap: a layer adds one less than its kernel, times the strides before it."],
    [
      kernels.reduce((a, b) => a * b, 1),
      "Windows don't multiply: a layer adds one less than its kernel, times the strides before it.",
    ],
    [late, "A layer's own stride does not widen its own window, only those of the layers behind it."],
    [answer - 1, "The sum starts at 1, the cell itself."],
  ];
  const front =
    `An image goes through these layers, one after the other (rows × columns):\n\n${lines.join("\n")}\n\n` +
    `How many ${asked} of the image does one cell of the last map see?`;
  const back =
    `**${answer}**\n\nEach layer adds (kernel - 1) times the product of the strides before it: ` +
    `$${terms.join(" + ")} = ${answer}$`;
  return { front, back, answer, mistakes };
}

function paddedSize(random) {
  const size = [random.between(5, 40), random.between(5, 40)];
  const channels = random.between(2, 6);
  const pad = [random.between(1, 4), random.between(1, 4)];
  const what = random.below(3);
  const axis = random.below(2);
  if (size[0] === size[1] || pad[0] === pad[1]) return null;
  const [[height, width], [above, left]] = [size, pad];
  const padded = [height + 2 * above, width + 2 * left];
  const [rows, columns] = padded;
  const intro =
    `An image of **${height} × ${width}** with **${channels}** channels gets a border of zeros: ` +
    `**${above}** ${above === 1 ? "row" : "rows"} above and as many below, **${left}** ` +
    `${left === 1 ? "column" : "columns"} at the left and as many at the right.\n\n`;
  if (what === 0) {
    const [n, p, asked, other] = [size[axis], pad[axis], SIDES[axis], SIDES[1 - axis]];
    const answer = padded[axis];
    const mistakes = [
      [n + p, "The padding counts on both sides: add it twice."],
      [n + 2 * pad[1 - axis], `That is the padding of the ${other}.`],
      [padded[1 - axis], `Those are the ${other}; asked are the ${asked}.`],
      [n, "That is the image before padding."],
    ];
    const front = `${intro}How many ${asked} does it have then?`;
    return { front, back: `**${answer}**\n\n$${n} + 2·${p} = ${answer}$`, answer, mistakes };
  }
  const once = (height + above) * (width + left) * channels;
  const all = rows * columns * channels;
  if (what === 1) {
    const mistakes = [
      [once, "The padding counts on both sides: add it twice."],
      [rows * columns, `Each of the ${channels} channels is padded: that is one of them.`],
      [rows * columns * (channels + 2), "Only rows and columns are padded: the channels stay as many."],
      [
        (height + 2 * left) * (width + 2 * above) * channels,
        "Rows and columns are mixed up: each has a padding of its own.",
      ],
    ];
    const back = `**${grouped(all)}**\n\n$${rows}·${columns}·${channels} = ${grouped(all)}$`;
    return { front: `${intro}How many numbers does it hold then?`, back, answer: all, mistakes };
  }
  const before = height * width * channels;
  const answer = all - before;
  const sides = 2 * (above * width + left * height) * channels;
  const corners = 4 * above * left * channels;
  const mistakes = [
    [once - before, "The padding counts on both sides: add it twice."],
    [all, "Those are all its numbers; asked are the zeros that came in."],
    [sides, "The four corners are padding too."],
    [sides + 2 * corners, "You counted the four corners twice."],
    [answer / channels, `Each of the ${channels} channels is padded: that is one of them.`],
  ];
  const back =
    `**${grouped(answer)}**\n\n$${rows}·${columns}·${channels} - ${height}·${width}·${channels} = ` +
    `${grouped(all)} - ${grouped(before)} = ${grouped(answer)}$`;
  return { front: `${intro}How many zeros came in?`, back, answer, mistakes };
}

function stridePositions(random) {
  const size = [random.between(6, 30), random.between(6, 30)];
  const kernel = [random.between(2, 5), random.between(2, 5)];
  const stride = random.between(2, 4);
  const what = random.below(3);
  const spans = [size[0] - kernel[0], size[1] - kernel[1]];
  if (size[0] === size[1] || spans[1] % stride === 0) return null;
  const [rows, columns] = both(size, kernel, stride);
  const intro =
    `A kernel of **${kernel[0]} × ${kernel[1]}** moves over an image of **${size[0]} × ${size[1]}** (rows × columns) ` +
    `with stride **${stride}**, without padding.\n\n`;
  const [width, w, span] = [size[1], kernel[1], spans[1]];
  const last = (columns - 1) * stride;
  if (what === 0) {
    const answer = rows * columns;
    const mistakes = [
      [rows + columns, "Each row of places has as many as there are across: multiply."],
      [(spans[0] + 1) * (span + 1), "You forgot the stride: it divides the way."],
      [(rows - 1) * (columns - 1), "The first place takes no step: add 1 in both directions."],
      [
        (Math.ceil(spans[0] / stride) + 1) * (columns + 1),
        "A last step that does not fit is dropped: round down.",
      ],
      [
        Math.floor(size[0] / stride) * Math.floor(width / stride),
        "The whole kernel has to fit: take its sides off, and add 1.",
      ],
    ];
    const back =
      `**${answer}**\n\nDown: $(${size[0]} - ${kernel[0]}) // ${stride} + 1 = ${rows}$. ` +
      `Across: $(${width} - ${w}) // ${stride} + 1 = ${columns}$. Places: $${rows}·${columns} = ${answer}$`;
    return { front: `${intro}At how many places does it stop?`, back, answer, mistakes };
  }
  if (what === 1) {
    const mistakes = [
      [span, `It does not get there in steps of ${stride}: a last step that does not fit is dropped.`],
      [columns - 1, `That is how many steps it takes; each is ${stride} columns wide.`],
      [columns * stride, "The first place is column 0, so there is one step less than there are places."],
      [last + w - 1, "That is where its right edge lies; asked is the left one."],
    ];
    const steps = `$(${width} - ${w}) // ${stride} = ${columns - 1}$ steps`;
    const back = `**${last}**\n\nIt takes ${steps}: $${columns - 1}·${stride} = ${last}$`;
    const question = "In which column, counted from 0, does its left edge lie at the last place of a row?";
    return { front: `${intro}${question}`, back, answer: last, mistakes };
  }
  const answer = span - last;
  const mistakes = [
    [0, `The last step does not fit: ${stride} does not divide ${span}.`],
    [stride - answer, "That is how many columns are missing for one more step."],
    [width % stride, "The kernel's own columns are no steps: take them off before you divide."],
  ];
  const back =
    `**${answer}**\n\nThe left edge comes to column $${columns - 1}·${stride} = ${last}$, so ${last} + ${w} = ` +
    `${last + w} columns are passed, of ${width}.`;
  return {
    front: `${intro}How many columns are left over to the right of its last place?`,
    back,
    answer,
    mistakes,
  };
}

// Cells of maps -------------------------------------------------------------------------------------

function convolutionCell(random) {
  const shape = [random.between(4, 6), random.between(5, 7)];
  const size = [random.between(2, 3), random.between(2, 3)];
  const stride = random.between(1, 2);
  const [i, j] = [random.below(3), random.below(3)];
  const image = random.list(shape[0], () => random.list(shape[1], () => random.between(-4, 9)));
  const kernel = random.list(size[0], () => random.list(size[1], () => random.between(-3, 3)));
  const [rows, columns] = both(shape, size, stride);
  if (shape[0] === shape[1] || i === j || i >= rows || j >= columns) return null;
  const weights = kernel.flat();
  const cell = (row, column, step = stride) => product(seen(image, size, row * step, column * step), weights);
  const answer = cell(i, j);
  const [top, left] = [i * stride, j * stride];
  const window = seen(image, size, top, left);
  const mistakes = [
    [product(window, [...weights].reverse()), "You flipped the kernel; a CNN does not."],
    [sum(window), "Multiply each number by the kernel's before you add."],
    [sum(window.map((x, k) => Math.abs(x * weights[k]))), "A product with one negative factor is negative."],
  ];
  if (j < rows && i < columns) mistakes.push([cell(j, i), "Row and column are mixed up: the row comes first."]);
  if (stride > 1) {
    mistakes.push([cell(i, j, 1), `You forgot the stride: the kernel moves ${stride} cells at a time.`]);
  }
  if (i && j) mistakes.push([cell(i - 1, j - 1), "Rows and columns are counted from 0."]);
  const front =
    `The kernel slides over the image with stride **${stride}**, without padding. Which number comes into row ` +
    `**${i}**, column **${j}** of the feature map (both counted from 0)?`;
  const products = window.map((x, k) => `${signed(x)}·${signed(weights[k])}`).join(" + ");
  const back =
    `**${answer}**\n\nThe kernel lies on rows ${top} to ${top + size[0] - 1} and columns ${left} to ` +
    `${left + size[1] - 1}: $${products} = ${answer}$`;
  return { front, back, answer, mistakes, matrices: [matrix("image", image), matrix("kernel", kernel)] };
}

function poolingCell(random) {
  const kind = random.pick(["max", "average", "sum"]);
  const shape = [random.between(4, 6), random.between(5, 7)];
  const size =
    kind === "average" // windows of 2 or 4 cells: their averages are short decimals
      ? random.pick([[2, 2], [1, 2], [2, 1], [1, 4], [4, 1]])
      : [random.between(2, 3), random.between(2, 3)];
  const stride = random.between(1, 3);
  const [i, j] = [random.below(4), random.below(4)];
  const image = random.list(shape[0], () => random.list(shape[1], () => random.between(-9, 9)));
  const [rows, columns] = both(shape, size, stride);
  if (shape[0] === shape[1] || i === j || i >= rows || j >= columns) return null;
  const count = size[0] * size[1];
  const pools = {
    max: (cells) => 100 * Math.max(...cells),
    sum: (cells) => 100 * sum(cells),
    average: (cells) => (100 * sum(cells)) / count,
  };
  const cell = (row, column, down = stride, across = down) =>
    decimal(pools[kind](seen(image, size, row * down, column * across)));
  const window = seen(image, size, i * stride, j * stride);
  const sizes = window.map(Math.abs);
  const answer = cell(i, j);
  const total = decimal(pools.sum(window));
  const mistakes = [];
  if (kind !== "max") {
    mistakes.push([decimal(pools.max(window)), `That is the largest number; asked is the ${kind}.`]);
  }
  if (kind === "average") {
    mistakes.push([total, `That is the sum: divide it by the ${count} cells of the window.`]);
    mistakes.push([decimal(pools.average(sizes)), "Negative numbers make the average smaller."]);
  }
  if (kind === "sum") mistakes.push([decimal(pools.sum(sizes)), "Negative numbers make the sum smaller."]);
  if (kind === "max") {
    mistakes.push([total, "That is the sum; asked is the largest number."]);
    const least = Math.min(...window);
    if (-least > Math.max(...window)) {
      mistakes.push([decimal(100 * least), "The farthest from 0 is not the largest: the sign counts."]);
    }
  }
  if (stride > 1) {
    mistakes.push([cell(i, j, 1), `You forgot the stride: the window moves ${stride} cells at a time.`]);
  }
  const fits = i < places(shape[0], size[0], size[0]) && j < places(shape[1], size[1], size[1]);
  if ((size[0] !== stride || size[1] !== stride) && fits) {
    mistakes.push([
      cell(i, j, size[0], size[1]),
      `The window moves by the stride, ${stride}, not by its own size.`,
    ]);
  }
  if (j < rows && i < columns) mistakes.push([cell(j, i), "Row and column are mixed up: the row comes first."]);
  const front =
    `${kind[0].toUpperCase()}${kind.slice(1)} pooling with a window of **${size[0]} × ${size[1]}** (rows × columns) ` +
    `and stride **${stride}**. Which number comes into row **${i}**, column **${j}** of the result (both counted ` +
    "from 0)?";
  const how = {
    max: `The largest is ${answer}.`,
    sum: `The sum is ${total}.`,
    average: `The sum is ${total}, divided by ${count} that is ${answer}.`,
  }[kind];
  const back =
    `**${answer}**\n\nThe window begins in row ${i * stride}, column ${j * stride} and holds ${window.join(", ")}. ` +
    how;
  return { front, back, answer, mistakes, matrices: [matrix("image", image)] };
}

function detectorResponse(random) {
  const [rows, columns] = [random.between(3, 4), random.between(4, 5)];
  const [weight, minus] = [10 * random.between(1, 5), -10 * random.between(1, 5)];
  const bias = 100 * random.between(-9, 9);
  const relu = random.below(2) > 0;
  let column = random.below(columns);
  const weights = [];
  for (let row = 0; row < rows; row++) {
    const beside = random.below(columns);
    weights.push(Array.from({ length: columns }, (_, c) => (c === column ? weight : c === beside ? minus : 0)));
    column = Math.min(Math.max(column + random.between(-1, 1), 0), columns - 1);
  }
  const patch = random.list(rows, () => random.list(columns, () => 10 * random.between(0, 9)));
  const [pixels, factors] = [patch.flat(), weights.flat()];
  if (bias === 0 || !factors.includes(minus)) return null;
  const linear = product(pixels, factors) + bias;
  const answer = relu ? Math.max(linear, 0) : linear;
  const found = [
    [linear - bias, "You forgot the bias."],
    [product(pixels, factors.map(Math.abs)) + bias, "A bright pixel under a negative weight lowers the response."],
    [product(pixels, factors.map((w) => Math.max(w, 0))) + bias, "The negative weights count too."],
    [sum(pixels.filter((_, k) => factors[k])) + bias, "Multiply each pixel by its weight before you add."],
    [sum(pixels) * weight + bias, "Not all weights are the same, and under a 0 a pixel has no say."],
  ];
  // Behind ReLU, a mistake can end in the same 0 as the right way; then it says nothing.
  const mistakes = found.filter(([wrong]) => !relu || wrong > 0);
  if (relu && linear < 0) mistakes.push([linear, "ReLU comes last: what is negative becomes 0."]);
  const question = relu ? "What is its response **after ReLU**?" : "What is its response, **before** any activation?";
  const front = `A filter with these weights and a bias of **${bias}** lies on this patch of an image.\n\n${question}`;
  const products = pixels.flatMap((x, k) => (factors[k] ? [`${x}·${signed(factors[k])}`] : [])).join(" + ");
  const end = !relu ? "" : linear < 0 ? `, and ReLU makes it ${answer}.` : ", and ReLU keeps it.";
  const back = `**${answer}**\n\n$${products} + ${signed(bias)} = ${linear}$${end}`;
  return { front, back, answer, mistakes, matrices: [matrix("patch", patch), matrix("weights", weights)] };
}

// Scores --------------------------------------------------------------------------------------------

const LABELS = ["bird", "boat", "cat", "deer", "dog", "frog", "horse", "plane", "ship", "truck"];

function softmaxOrder(random) {
  const labels = random.shuffled(LABELS).slice(0, random.between(4, 5));
  const tenths = labels.map(() => random.between(-60, 60));
  if (new Set(tenths.map(Math.abs)).size < tenths.length) return null;
  const all = labels.map((_, k) => k);
  const named = (order) => order.map((k) => labels[k]).join(", ");
  const order = [...all].sort((a, b) => tenths[b] - tenths[a]);
  const bySize = [...all].sort((a, b) => Math.abs(tenths[b]) - Math.abs(tenths[a]));
  const below = order.filter((k) => tenths[k] < 0);
  const turned = [...order.filter((k) => tenths[k] >= 0), ...below.reverse()];
  const answer = named(order);
  const mistakes = [
    [named([...order].reverse()), "That begins with the least probable one."],
    [named(bySize), "The sign counts: a large negative score makes a tiny probability."],
    [named(turned), "Of two negative scores, the one closer to 0 is larger."],
  ];
  const options = [answer, ...mistakes.map(([wrong]) => wrong)];
  if (new Set(options).size < options.length) return null;
  const choices = random.shuffled(options);
  const scores = tenths.map((t) => `${t < 0 ? "-" : ""}${Math.floor(Math.abs(t) / 10)}.${Math.abs(t) % 10}`);
  const front =
    "The last layer of a network gives these scores. Which order do the labels have after softmax, the most " +
    "probable one first?";
  const back =
    `**${answer}**\n\nSoftmax keeps the order of the scores: a larger score has a larger $exp$, and all of them are ` +
    "divided by the same sum.";
  return { front, back, answer, mistakes, matrices: [matrix("scores", [labels, scores])], choices };
}

// The face ------------------------------------------------------------------------------------------

const TEMPLATES = new Map([
  ["output-size", outputSize],
  ["conv-params", convParams],
  ["dense-params", denseParams],
  ["receptive-field", receptiveField],
  ["convolution-cell", convolutionCell],
  ["pooling-cell", poolingCell],
  ["softmax-order", softmaxOrder],
  ["detector-response", detectorResponse],
  ["padded-size", paddedSize],
  ["stride-positions", stridePositions],
]);

// A drawing as a card; null when it would not tell mistakes from the right way.
function finished(problem) {
  const right = String(problem.answer);
  const results = problem.mistakes.map(([wrong]) => String(wrong));
  const unique = results.map((wrong) => results.indexOf(wrong) === results.lastIndexOf(wrong));
  if (results.includes(right) || unique.filter(Boolean).length < MISTAKES) return null;
  const feedback = problem.mistakes.filter((_, k) => unique[k]).map(([wrong, why]) => [String(wrong), why]);
  const choices = problem.choices ?? [];
  return {
    kind: choices.length ? "choice" : "numeric",
    front: problem.front,
    back: problem.back,
    answers: [right],
    tolerance: 0,
    unit: "",
    choices,
    feedback: Object.fromEntries(feedback),
    matrices: problem.matrices ?? [],
  };
}

/** Draw the numbers of a template; the same seed, a whole number from 0 on, gives the same card everywhere. */
export function draw(template, seed) {
  const make = TEMPLATES.get(template);
  if (!make) throw new RangeError(`there is no template '${template}'; take one of ${[...TEMPLATES.keys()].join(", ")}`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`a seed is a whole number from 0 on, not ${seed}`);
  const numbers = new Numbers(`${template}/${seed}`);
  for (let count = 0; count < DRAWS; count++) {
    const problem = make(numbers);
    const card = problem && finished(problem);
    if (card) return card;
  }
  throw new RangeError(`template '${template}': no unambiguous numbers in ${DRAWS} draws from seed ${seed}`);
}

/** What to show of any card in one review; seed is how often the card was reviewed. */
export function shown(card, seed) {
  if (card.kind === "generated") return draw(card.template, seed);
  return {
    kind: card.kind,
    front: card.front,
    back: card.back,
    answers: card.answers ?? [],
    tolerance: card.tolerance ?? 0,
    unit: card.unit ?? "",
    choices: card.choices ?? [],
    feedback: { ...card.feedback },
    matrices: card.matrices ?? [],
  };
}
