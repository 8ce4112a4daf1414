// Judging what a learner typed or chose: cnnkit/flashcards/answering.py, function for function, for the browser page.
// A test gives both the same answers to every card of the course and compares the judgements.

const [AGAIN, HARD, GOOD, EASY] = [1, 2, 3, 4];
const TYPO_FROM = 6;
const QUICK = 3;
const LETTERS_PER_SECOND = 15;
const LONGEST = 200;

const ARTICLES = new Set(["a", "an", "the"]);
const SPELLINGS = [
  ["grey", "gray"],
  ["colour", "color"],
  ["neighbour", "neighbor"],
  ["centre", "center"],
  ["isation", "ization"],
];
const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const UNITS = { px: "pixel", param: "parameter", percent: "%" };
const CLOZE = /\{\{(.*?)(?:::(.*?))?\}\}/s;
const THOUSANDS = /(?<=\d)[,\u2009\u202f\u00a0 '’_](?=\d{3}(?!\d))/g;
const DECIMAL_COMMA = /^([^\d,.]*)(?:(\d+),(\d{1,2}|\d{4,})|0,(\d+))([^\d,.]*)$/;
const NUMBER = /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2}(?!\d))?(?:\s*\/\s*\d+(?:\.\d+)?)?/g;
const BETWEEN = /^[\s,;x()[\]]*(?:and|by)?[\s,;x()[\]]*$/i;
const BEFORE = /^[\p{L}\p{N}_ ]*[=:≈]?$/u;
const FRACTION = /^([-+]?)(\d*)(?:\/(\d+)|(?:\.(\d*))?(?:[eE]([-+]?\d+))?)$/;

/** Judge a typed answer, or a choice: {right, close, message, proposed}. */
export function judge(card, typed, seconds = null) {
  if (!["cloze", "choice", "text", "numeric"].includes(card.kind)) throw new Error(`a ${card.kind} card cannot be judged`);
  if (!typed.trim()) return wrong("Nothing was typed.");
  const quick = seconds !== null && seconds <= QUICK + [...card.front].length / LETTERS_PER_SECOND;
  if (card.kind === "choice") return judgeChoice(card, typed);
  if (card.kind === "numeric") return judgeNumber(card, typed, quick);
  return judgeText(card, typed, quick);
}

export function hiddenText(front) {
  return front.match(CLOZE)[1].trim();
}

function matches(kind, typed, forms, tolerance = 0) {
  if (kind === "choice") return forms.some((form) => choice(form) === choice(typed));
  if (kind === "numeric") {
    const wanted = numbersIn(forms[0]);
    const found = wanted && read(typed, wanted.length);
    return Boolean(found) && near(found[0], wanted, tolerance);
  }
  return forms.some((form) => joined(form) === joined(typed));
}

function numbersIn(text) {
  for (const count of [1, 2, 3, 4]) {
    const found = read(text, count);
    if (found) return found[0];
  }
  return null;
}

function judgeChoice(card, typed) {
  if (matches("choice", typed, card.answers)) return verdict(true, false, "Right.", GOOD);
  for (const [form, text] of inOrder(card.feedback)) if (choice(form) === choice(typed)) return wrong(text);
  return wrong(`Not this one; the answer is: ${card.answers[0]}`);
}

function judgeText(card, typed, quick) {
  const forms = [...(card.kind === "cloze" ? [hiddenText(card.front)] : []), ...card.answers];
  const feedback = inOrder(card.feedback);
  if (matches("text", typed, forms)) return verdict(true, false, "Right.", quick ? EASY : GOOD);
  for (const [form, text] of feedback) if (matches("text", typed, [form])) return wrong(text);
  for (const form of forms) if (isTypo(typed, form)) return verdict(false, true, `Nearly: it is written “${form}”.`, HARD);
  for (const [form, text] of feedback) if (isTypo(typed, form)) return wrong(text);
  return wrong(`Not right; the answer is: ${forms[0]}`);
}

function judgeNumber(card, typed, quick) {
  const wanted = numbersIn(card.answers[0]);
  const found = read(typed, wanted.length);
  if (found === null) {
    const count = wanted.length;
    const fix = count === 1 ? "a number" : `${count} numbers, such as ${["28", "28", "6", "1"].slice(0, count).join(" x ")}`;
    const signs = [...typed.trim()];
    return wrong(`Cannot read “${signs.length <= LONGEST ? typed.trim() : signs.slice(0, LONGEST).join("") + "…"}” as ${fix}.`);
  }
  let [numbers, unit] = found;
  const answer = `${card.answers[0]} ${card.unit}`.trim();
  if (unit === "%" && plainUnit(card.unit) !== "%") {
    numbers = numbers.map(([top, bottom]) => [top, bottom * 100n]);
    unit = "";
  }
  if (near(numbers, wanted, card.tolerance)) {
    // A word behind the number is its unit; several words are a remark, such as "in all".
    if (card.unit && unit && split(unit).length <= 1 && plainUnit(unit) !== plainUnit(card.unit)) {
      return verdict(false, true, `The number is right, but its unit is ${card.unit}, not ${unit}.`, HARD);
    }
    return verdict(true, false, "Right.", quick ? EASY : GOOD);
  }
  for (const [form, text] of inOrder(card.feedback)) {
    const known = numbersIn(form);
    if (known && near(numbers, known, card.tolerance)) return wrong(text);
  }
  if (near(numbers.map(([top, bottom]) => [-top, bottom]), wanted, card.tolerance)) {
    return wrong(`Only the sign is wrong; the answer is: ${answer}`);
  }
  if (near([...numbers].sort(compare), [...wanted].sort(compare), card.tolerance)) {
    return wrong(`These are the numbers, but in another order; the answer is: ${answer}`);
  }
  return wrong(`Not right; the answer is: ${answer}`);
}

const verdict = (right, close, message, proposed) => ({ right, close, message, proposed });
const wrong = (message) => verdict(false, false, message, AGAIN);

/** Feedback as pairs; an object would put keys that look like whole numbers first, so a list of pairs may stand for it. */
const inOrder = (feedback) => (Array.isArray(feedback) ? feedback : Object.entries(feedback));

const folded = (text) => text.toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ");
const choice = (text) => folded(text.trim().split(/\s+/).join(" "));

function split(text) {
  text = folded([...text].slice(0, LONGEST * 5).join("")).normalize("NFKD").replace(/\p{M}/gu, "");
  text = text.replace(/['’`*$“”"]/g, "");
  const all = text.replace(/[^\p{L}\p{N}%=+/<>.]|\.(?!\d)/gu, " ").split(/\s+/).filter(Boolean);
  const words = all.filter((word) => !ARTICLES.has(word));
  return (words.length ? words : all).map(plain);
}

function plain(word) {
  for (const [british, american] of SPELLINGS) word = word.replaceAll(british, american);
  return [...word].length > 3 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

const joined = (text) => split(text).join("");

function isTypo(typed, form) {
  const [mine, right] = [split(typed), split(form)];
  if (mine.length !== right.length) return false;
  const odd = mine.map((word, at) => [word, right[at]]).filter(([a, b]) => a !== b);
  if (odd.length !== 1) return false;
  const [a, b] = odd[0].map((word) => [...word]);
  return b.length >= TYPO_FROM && b.every((sign) => /\p{L}/u.test(sign)) && oneOff(a, b);
}

function oneOff(a, b) {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  const [x, y] = [a.slice(start), b.slice(start)];
  const same = (p, q) => p.join("") === q.join("");
  return (
    same(x.slice(1), y.slice(1)) ||
    same(x.slice(1), y) ||
    same(x, y.slice(1)) ||
    (same(x.slice(0, 2), y.slice(0, 2).reverse()) && same(x.slice(2), y.slice(2)))
  );
}

/** So many numbers, and the unit behind them. A number is a pair of whole numbers, so that nothing is rounded. */
function read(typed, count) {
  let text = typed.trim();
  if ([...text].length > LONGEST) return null;
  if (count === 1 && WORDS.includes(text.toLowerCase())) text = String(WORDS.indexOf(text.toLowerCase()));
  text = text.replace(/\p{Nd}/gu, digit).replaceAll("−", "-").replace(/[×·*]/g, "x").replace(/^- +(?=[\d.])/, "-");
  let together = text.replace(THOUSANDS, "");
  const comma = count === 1 ? text.match(DECIMAL_COMMA) : null;
  if (comma) {
    const [, before, whole, part, small, after] = comma;
    together = `${before}${whole || 0}.${part || small}${after}`;
  }
  for (const candidate of count === 1 ? [together, text] : [text, together]) {
    const found = [...candidate.matchAll(NUMBER)];
    if (found.length !== count) continue;
    const ends = found.map((match) => match.index + match[0].length);
    const between = found.slice(1).map((match, at) => candidate.slice(ends[at], match.index));
    const before = strip(candidate.slice(0, found[0].index), " \n\t([{'\"");
    const after = strip(candidate.slice(ends.at(-1)), " \n\t)]}.,;'\"");
    if (!BEFORE.test(before) || !between.every((gap) => gap && BETWEEN.test(gap)) || /[\d=+]/.test(after)) continue;
    const numbers = found.map((match) => fraction(match[0].replaceAll(" ", "")));
    if (numbers.every(Boolean)) return [numbers, after];
  }
  return null;
}

/** A digit of any script as one of 0 to 9. */
function digit(sign) {
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(sign.codePointAt(0) - value - 1))) value++;
  return String(value);
}

function strip(text, signs) {
  let [start, end] = [0, text.length];
  while (start < end && signs.includes(text[start])) start++;
  while (end > start && signs.includes(text[end - 1])) end--;
  return text.slice(start, end);
}

function fraction(text) {
  const found = text.match(FRACTION);
  if (!found) return null;
  const [, sign, whole, denominator, decimals = "", exponent = "0"] = found;
  if (!whole && !decimals) return null;
  const power = Number(exponent) - decimals.length;
  let top = BigInt(whole + decimals);
  let bottom = denominator === undefined ? 1n : BigInt(denominator);
  if (bottom === 0n) return null;
  if (power > 0) top *= 10n ** BigInt(power);
  else bottom *= 10n ** BigInt(-power);
  return [sign === "-" ? -top : top, bottom];
}

const compare = ([a, b], [c, d]) => (a * d < c * b ? -1 : a * d > c * b ? 1 : 0);

function near(numbers, wanted, tolerance) {
  const [top, bottom] = fraction(String(tolerance));
  return (
    numbers.length === wanted.length &&
    numbers.every(([a, b], at) => {
      const [c, d] = wanted[at];
      const gap = a * d - c * b;
      return (gap < 0n ? -gap : gap) * bottom <= top * b * d;
    })
  );
}

function plainUnit(unit) {
  const text = joined(unit);
  return UNITS[text] ?? text;
}
