// The card view, one for the notebook (anywidget calls `render`) and for the browser page (which calls `mount`).
// It keeps no state of the session: it draws a snapshot and sends commands; whoever answers them sends the next snapshot.
// Text of a card becomes text nodes only, never HTML, so a card that contains a script shows it.

const RATINGS = [
  [1, "Again", "again"],
  [2, "Hard", "hard"],
  [3, "Good", "good"],
  [4, "Easy", "easy"],
];
const KEYS = [
  [["Space", "Enter"], "show the answer; then take the suggested rating"],
  [["Enter"], "check what you typed"],
  [["Esc"], "leave the answer box, for the other keys"],
  [["1", "2", "3", "4"], "choose an answer; then again, hard, good, easy"],
  [["U"], "undo the last rating"],
  [["?"], "these keys"],
];
const QUIET = "data-lm-suppress-shortcuts";
const TYPED = ["text", "numeric", "cloze"];
const PATIENCE = 6000; // milliseconds without an answer after which the learner is told

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // Keeps JupyterLab's and Notebook's shortcuts quiet. They ask for what has the focus, and begin with that element
  // itself, so the attribute has to be on each one that can have it, not only around them.
  if (["button", "input"].includes(tag) || "tabindex" in attributes) node.setAttribute(QUIET, "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// ---------------------------------------------------------------- text

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|\$(?! )([^$\n]*[^$\n ])\$|\{\{(.+?)(?:::(.+?))?\}\}/g;
const SCRIPTS = /([_^])(?:\{([^}]*)\}|([\p{L}\p{N}]+))/gu;

function maths(text) {
  const node = make("span", { class: "drill-maths" });
  let at = 0;
  for (const found of text.matchAll(SCRIPTS)) {
    node.append(text.slice(at, found.index));
    node.append(make(found[1] === "_" ? "sub" : "sup", {}, found[2] ?? found[3]));
    at = found.index + found[0].length;
  }
  node.append(text.slice(at));
  return node;
}

function cloze(hidden, hint, open) {
  if (open) return make("mark", { class: "drill-cloze" }, ...inline(hidden, open));
  return make("span", { class: "drill-cloze" }, hint ? `[${hint}]` : "[…]", make("span", { class: "drill-unseen" }, " (blank)"));
}

function inline(text, open) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(at, found.index));
    const [all, , code, bold, formula, hidden, hint] = found;
    if (code !== undefined) parts.push(make("code", {}, code));
    else if (bold !== undefined) parts.push(make("strong", {}, ...inline(bold, open)));
    else if (formula !== undefined) parts.push(maths(formula));
    else parts.push(cloze(hidden, hint, open));
    at = found.index + all.length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== "");
}

/** The small Markdown of the cards as nodes: paragraphs, lists, **bold**, `code`, $maths$ and {{cloze::hint}}. */
export function prose(text, open = false) {
  const blocks = [];
  let paragraph = [];
  let list = null;
  const close = () => {
    if (paragraph.length) blocks.push(make("p", {}, ...inline(paragraph.join(" "), open)));
    paragraph = [];
  };
  for (const line of String(text ?? "").split("\n")) {
    const item = line.match(/^\s*(?:([-*•])|\d+[.)])\s+(.*)$/);
    if (item) {
      close();
      const tag = item[1] ? "ul" : "ol";
      if (list?.tagName.toLowerCase() !== tag) blocks.push((list = make(tag)));
      list.append(make("li", {}, ...inline(item[2], open)));
    } else if (!line.trim()) {
      close();
      list = null;
    } else if (list && /^\s/.test(line)) {
      list.lastChild.append(" ", ...inline(line.trim(), open));
    } else {
      list = null;
      paragraph.push(line.trim());
    }
  }
  close();
  return blocks;
}

function matrix({ name = "", rows = [], mark = [] }) {
  const marked = new Set((mark ?? []).map(([row, column]) => `${row},${column}`));
  const width = Math.max(0, ...rows.map((row) => row.length));
  const head = make("tr", {}, make("td", { class: "drill-corner" }));
  for (let column = 0; column < width; column++) head.append(make("th", { scope: "col" }, String(column)));
  const body = rows.map((row, y) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, String(y)),
      ...row.map((value, x) => {
        const text = String(value).replace(/^-(?=[\d.])/, "−");
        if (!marked.has(`${y},${x}`)) return make("td", {}, text);
        return make("td", { class: "drill-marked" }, text, make("span", { class: "drill-unseen" }, " (marked)"));
      }),
    ),
  );
  return make(
    "div",
    { class: "drill-matrix" },
    make("table", {}, make("caption", {}, `${name}`, make("small", {}, ` ${rows.length} × ${width}`)), make("thead", {}, head), make("tbody", {}, ...body)),
  );
}

// ---------------------------------------------------------------- the view

/**
 * Draw a session into `el`.
 *
 * `driver` is `{snapshot(), do(command), onChange(fn) -> stop}`; a command is `{do: "flip" | "answer" | "rate" | "undo" |
 * "skip", typed, rating}`. Returns a function that takes the view away. Where the page is about nothing else, `focus`
 * gives the first card the keyboard at once, and `everywhere` takes the keys also while nothing has the focus.
 */
export function mount(el, driver, { focus = false, everywhere = false } = {}) {
  let shown = null;
  let waiting = null;
  let helpOpen = false;
  let typed = "";

  const title = make("p", { class: "drill-title" });
  const counts = make("ul", { class: "drill-counts", "aria-label": "Cards left" });
  const bar = make("div", { class: "drill-bar" });
  const progress = make("div", { class: "drill-progress", role: "progressbar", "aria-label": "Done today", "aria-valuemin": 0 }, bar);
  const card = make("div", { class: "drill-card", role: "group", "aria-label": "Card", tabindex: -1 });
  const notice = make("p", { class: "drill-notice", hidden: true });
  const buttons = make("div", { class: "drill-buttons" });
  const undo = make(
    "button",
    { type: "button", class: "drill-small", "aria-keyshortcuts": "U", onclick: () => send({ do: "undo" }) },
    "Undo ",
    make("kbd", { "aria-hidden": "true" }, "U"),
  );
  const skip = make("button", { type: "button", class: "drill-small", onclick: () => send({ do: "skip" }) }, "Skip");
  const help = make(
    "dl",
    { class: "drill-help", hidden: true, id: `drill-help-${Math.random().toString(36).slice(2)}`, "aria-label": "Keys" },
    ...KEYS.map(([keys, does]) => make("div", {}, make("dt", {}, ...keys.map((key) => make("kbd", {}, key))), make("dd", {}, does))),
  );
  const helpButton = make(
    "button",
    {
      type: "button",
      class: "drill-small",
      "aria-expanded": "false",
      "aria-controls": help.id,
      "aria-keyshortcuts": "?",
      onclick: () => showHelp(!helpOpen),
    },
    "Keys ",
    make("kbd", { "aria-hidden": "true" }, "?"),
  );
  const live = make("div", { class: "drill-unseen", role: "status", "aria-live": "polite" });
  const root = make(
    "section",
    { class: "drill", [QUIET]: "true", onkeydown: press },
    make("div", { class: "drill-top" }, title, counts),
    progress,
    card,
    notice,
    buttons,
    make("div", { class: "drill-foot" }, undo, skip, helpButton),
    help,
    live,
  );

  function send(command) {
    if (waiting !== null) return;
    root.setAttribute("aria-busy", "true");
    waiting = setTimeout(() => {
      settle();
      say("No answer yet. If the kernel was stopped or restarted, run the cell again.", true);
    }, PATIENCE);
    driver.do(command);
  }

  function settle() {
    clearTimeout(waiting);
    waiting = null;
    root.removeAttribute("aria-busy");
  }

  function say(text, visibly = false) {
    live.textContent = text;
    notice.hidden = !visibly;
    notice.textContent = visibly ? text : "";
  }

  function showHelp(open) {
    helpOpen = open;
    help.hidden = !open;
    helpButton.setAttribute("aria-expanded", String(open));
    live.textContent = open ? help.textContent : "";
  }

  const rate = (rating) => send({ do: "rate", rating });
  const answer = (text) => send({ do: "answer", typed: text });
  const flip = () => send({ do: "flip" });
  const suggested = () => shown.judgement?.proposed ?? 3;
  const focused = () => {
    const at = root.getRootNode().activeElement;
    return at && root.contains(at) ? at : null;
  };

  function press(event) {
    if (event.key !== "Tab") event.stopPropagation();
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && (key === "Enter" || key === " "))) {
      if (key === "Enter") event.preventDefault(); // Shift+Enter runs a cell; here it must not press a button instead
      return;
    }
    if (event.isComposing) return;
    if (target.matches("input")) {
      // Enter in the box is the form's own submit.
      if (key === "Escape") card.focus({ preventScroll: true });
      else if (target.value === "" && (key === " " || key === "?")) {
        event.preventDefault(); // no answer begins like this
        if (key === "?") showHelp(!helpOpen);
        else if (!event.repeat) flip();
      }
      return;
    }
    const own = target.closest("button, a, summary") !== null;
    if (event.repeat && (key === "Enter" || key === " ")) {
      event.preventDefault(); // a key held down answers one card, not ten
      return;
    }
    let act = null;
    if (key === "?") act = () => showHelp(!helpOpen);
    else if (key === "Escape" && helpOpen) act = () => showHelp(false);
    else if (key === "u" || key === "U") act = () => shown.can_undo && send({ do: "undo" });
    else if (/^[1-9]$/.test(key) && shown.phase === "back" && key <= "4") act = () => rate(Number(key));
    else if (/^[1-9]$/.test(key) && shown.phase === "front" && shown.card.choices?.[key - 1] !== undefined) {
      act = () => answer(shown.card.choices[key - 1]);
    } else if ((key === " " || key === "Enter") && !own) {
      act = shown.phase === "back" ? () => rate(suggested()) : flip;
    }
    if (act === null) return;
    event.preventDefault();
    act();
  }

  // ---- parts of a card

  function topline({ lesson, tags = [] }) {
    const words = [lesson, ...tags.filter((tag) => tag !== lesson)].filter(Boolean);
    return make("p", { class: "drill-topic" }, words.map((word) => word.replace(/^(\d+)-/, "$1 ").replaceAll("-", " ")).join(" · "));
  }

  function leech({ lesson }) {
    return make("p", { class: "drill-leech" }, `This one keeps slipping away. Read it again in lesson ${lesson}, then try it here.`);
  }

  function box({ kind, unit }) {
    const name = kind === "numeric" ? "Your result" : "Your answer";
    const input = make("input", {
      type: "text",
      class: "drill-input",
      "aria-label": unit ? `${name}, in ${unit}` : name,
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
      enterkeyhint: "done",
      placeholder: name,
    });
    input.value = typed;
    input.addEventListener("input", () => (typed = input.value));
    const submit = (event) => {
      event.preventDefault();
      if (input.value.trim()) answer(input.value);
      else flip();
    };
    return make(
      "form",
      { class: "drill-form", onsubmit: submit },
      input,
      unit ? make("span", { class: "drill-unit", "aria-hidden": "true" }, unit) : null,
      make("button", { type: "submit", class: "drill-main" }, "Check ", make("kbd", { "aria-hidden": "true" }, "↵")),
    );
  }

  function options(choices, chosen, right) {
    return make(
      "ol",
      { class: "drill-choices", "aria-label": "Answers to choose from" },
      ...choices.map((choice, index) => {
        const sign = make("kbd", { "aria-hidden": "true" }, String(index + 1));
        const text = make("span", {}, ...inline(choice, true));
        if (right === undefined) {
          const keys = { "aria-keyshortcuts": String(index + 1), onclick: () => answer(choice) };
          return make("li", {}, make("button", { type: "button", class: "drill-choice", ...keys }, sign, text));
        }
        const [mark, word, style] =
          choice === right ? ["✓", "right", " drill-right"] : choice === chosen ? ["✗", "your answer", " drill-wrong"] : ["", "", ""];
        const signs = mark ? make("b", { "aria-hidden": "true", class: "drill-sign" }, mark) : sign;
        const note = word ? make("span", { class: "drill-unseen" }, ` (${word})`) : null;
        return make("li", {}, make("span", { class: `drill-choice${style}` }, signs, text, note));
      }),
    );
  }

  function verdict({ right, close, message }, given) {
    const [style, sign] = right ? (close ? ["close", "≈"] : ["right", "✓"]) : close ? ["close", "≈"] : ["wrong", "✗"];
    return make(
      "div",
      { class: `drill-verdict drill-${style}` },
      make("b", { class: "drill-sign", "aria-hidden": "true" }, sign),
      make("div", {}, ...prose(message), given ? make("p", { class: "drill-given" }, "You wrote ", make("q", {}, given)) : null),
    );
  }

  function question(it) {
    return make("div", { class: "drill-front" }, ...prose(it.front, shown.phase === "back"));
  }

  function drawings(it) {
    const parts = [];
    if (it.picture) parts.push(make("img", { class: "drill-picture", src: it.picture, alt: it.alt || "The picture this card asks about" }));
    if (it.matrices?.length) parts.push(make("div", { class: "drill-matrices" }, ...it.matrices.map(matrix)));
    return parts;
  }

  function drawFront(it) {
    const choosing = it.choices?.length > 0;
    const typing = !choosing && TYPED.includes(it.kind);
    card.replaceChildren(topline(it), question(it), ...drawings(it));
    if (shown.leech) card.append(leech(it));
    if (choosing) card.append(options(it.choices));
    if (typing) card.append(box(it));
    const show = make(
      "button",
      { type: "button", class: choosing || typing ? "drill-quiet" : "drill-main", onclick: flip },
      choosing || typing ? "Don’t know, show me" : "Show the answer ",
      choosing || typing ? null : make("kbd", { "aria-hidden": "true" }, "Space"),
    );
    buttons.replaceChildren(show);
    if (typing && !matchMedia("(pointer: coarse)").matches) return card.querySelector("input");
    return choosing || typing ? card : show;
  }

  function drawBack(it) {
    const judgement = shown.judgement;
    const choosing = it.choices?.length > 0;
    card.replaceChildren(topline(it), question(it), ...drawings(it));
    if (choosing) card.append(options(it.choices, shown.typed, it.answer));
    if (judgement) card.append(verdict(judgement, choosing ? "" : shown.typed));
    const solved = it.back || (choosing ? "" : it.answer && `**${it.answer}** ${it.unit ?? ""}`);
    if (solved) card.append(make("div", { class: "drill-back" }, ...prose(solved, true)));
    if (shown.leech) card.append(leech(it));
    const proposed = suggested();
    buttons.replaceChildren(
      make(
        "div",
        { class: "drill-ratings", role: "group", "aria-label": "How well did you know it?" },
        ...RATINGS.map(([rating, name, style]) => {
          const when = shown.intervals?.[rating] ?? "";
          const label = `${name}${when ? `, next in ${when}` : ""}${rating === proposed ? ", suggested" : ""}`;
          return make(
            "button",
            {
              type: "button",
              class: `drill-rating drill-${style}${rating === proposed ? " drill-suggested" : ""}`,
              "aria-label": label,
              "aria-keyshortcuts": String(rating),
              onclick: () => rate(rating),
            },
            make("span", { class: "drill-name" }, name, " ", make("kbd", { "aria-hidden": "true" }, String(rating))),
            make("span", { class: "drill-when" }, when || "\u00a0"),
          );
        }),
      ),
    );
    return buttons.querySelector(".drill-suggested");
  }

  function drawDone() {
    const count = shown.done_today ?? 0;
    const made = count === 0 ? "Nothing is due here." : `You answered ${count} ${count === 1 ? "card" : "cards"} today.`;
    card.replaceChildren(
      make(
        "div",
        { class: "drill-done" },
        make("p", { class: "drill-tick", "aria-hidden": "true" }, "✓"),
        make("p", { class: "drill-big" }, "Done for now"),
        make("p", {}, made, shown.next_in ? ` The next one comes in ${shown.next_in}.` : ""),
      ),
    );
    buttons.replaceChildren(make("button", { type: "button", class: "drill-quiet", onclick: flip }, "Look again"));
    return card;
  }

  function words() {
    const text = (node) => node?.textContent.replace(/\s+/g, " ").trim() ?? "";
    if (shown.phase === "done") return text(card);
    if (shown.phase === "front") {
      const extra = shown.card.matrices?.length ? " A table follows." : shown.card.choices?.length ? " Answers to choose from follow." : "";
      return `Question: ${text(card.querySelector(".drill-front"))}${extra}`;
    }
    const told = text(card.querySelector(".drill-verdict > div"));
    const solved = text(card.querySelector(".drill-back") ?? card.querySelector(".drill-front"));
    return `${told ? `${told} ` : ""}Answer: ${solved}`;
  }

  function draw() {
    const had = focused() !== null;
    const before = shown;
    shown = driver.snapshot();
    settle();
    const fresh = before?.phase !== shown.phase || before?.card?.id !== shown.card?.id || before?.done_today !== shown.done_today;
    if (before?.card?.id !== shown.card?.id || shown.phase !== "front") typed = "";
    const { counts: left = {} } = shown;
    root.setAttribute("aria-label", `Flashcards: ${shown.title ?? shown.deck}`);
    root.dataset.phase = shown.phase;
    title.textContent = shown.title ?? shown.deck;
    counts.replaceChildren(
      ...["new", "learning", "due"].map((kind) => make("li", { class: `drill-count-${kind}` }, make("b", {}, String(left[kind] ?? 0)), ` ${kind}`)),
    );
    const done = shown.done_today ?? 0;
    const all = done + (left.new ?? 0) + (left.learning ?? 0) + (left.due ?? 0);
    progress.setAttribute("aria-valuemax", String(Math.max(1, all)));
    progress.setAttribute("aria-valuenow", String(done));
    progress.setAttribute("aria-valuetext", `${done} done, ${all - done} left`);
    bar.style.width = `${all ? (100 * done) / all : 100}%`;
    undo.disabled = !shown.can_undo;
    skip.disabled = shown.phase === "done";
    const next = shown.phase === "front" ? drawFront(shown.card) : shown.phase === "back" ? drawBack(shown.card) : drawDone();
    // Never take the keyboard from another part of a notebook; within the drill, give it to what comes next.
    const alone = everywhere && document.activeElement === document.body;
    if (had || alone || (focus && before === null)) next.focus({ preventScroll: before === null });
    for (const frame of card.querySelectorAll(".drill-matrix")) {
      if (frame.scrollWidth <= frame.clientWidth) continue;
      frame.setAttribute("tabindex", "0");
      frame.setAttribute(QUIET, "true");
    }
    if (fresh) {
      card.classList.remove("drill-fresh");
      void card.offsetWidth; // restarts the animation
      card.classList.add("drill-fresh");
    }
    if (before !== null) say(shown.notice || words(), Boolean(shown.notice));
  }

  const pressAnywhere = (event) => event.target === document.body && press(event);
  if (everywhere) document.addEventListener("keydown", pressAnywhere);
  el.replaceChildren(root);
  const stop = driver.onChange(draw);
  draw();
  return () => {
    settle();
    document.removeEventListener("keydown", pressAnywhere);
    stop?.();
    root.remove();
  };
}

/** anywidget's entry: the session is in Python; a command carries the number of the snapshot that it answers. */
export function render({ model, el }) {
  return mount(el, {
    snapshot: () => model.get("snapshot"),
    do: (command) => model.send({ ...command, serial: model.get("snapshot").serial }),
    onChange: (changed) => {
      model.on("change:snapshot", changed);
      return () => model.off("change:snapshot", changed);
    },
  });
}

export default { render };
