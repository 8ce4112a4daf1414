// The drill of session.py, scheduling.py and store.py in the browser: the same order, limits, intervals and file of
// progress, over ts-fsrs and localStorage. Times are milliseconds since 1970; no clock is read and no number drawn here.

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
const FORMAT = "cnnkit-progress";
const VERSION = 2;
const KEY = "cnnkit-progress";
/** Entries of the log that are kept: some 3 MB, of the 5 that a browser gives. */
const LONGEST_LOG = 20_000;
const LONGEST_SECONDS = 600;
const LEECH_LAPSES = 8;
const EXAM_SPREAD = 3;
const STATES = ["new", "learning", "review", "relearning"];
const FIELDS = ["due", "stability", "difficulty", "state", "step", "last_review", "lapses", "reviews"];
const ENTRY = ["uid", "card_id", "at", "rating", "seconds", "answer", "was", "undoes", ...FIELDS];
const TIMES = ["at", "due", "last_review"];

// ---------------------------------------------------------------- days and intervals

/** When the learner's day, from four in the morning, began; `days` later or earlier. */
export function dayBegins(moment, days = 0) {
  const date = new Date(moment);
  const early = date.getHours() < 4 ? 1 : 0;
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - early + days, 4).getTime();
}

/** Whole days of the learner's from one moment to another; a day with another number of hours is one too. */
export function daysBetween(from, to) {
  return Math.round((dayBegins(to) - dayBegins(from)) / DAY);
}

export function intervalText(wait) {
  const [minutes, days] = [wait / MINUTE, wait / DAY];
  if (minutes < 59.5) return `${Math.max(1, Math.floor(minutes + 0.5))} min`;
  if (days < 0.98) return `${Math.max(1, rounded(minutes / 60))} h`;
  if (days < 30.5) return days < 1.5 ? "1 day" : `${rounded(days)} days`;
  return days < 360 ? plural(days / 30.44, "month") : plural(days / 365.25, "year");
}

function plural(count, unit) {
  const text = count.toFixed(1).replace(/\.0$/, "");
  return `${text} ${unit}${text === "1" ? "" : "s"}`;
}

/** Python's round: a half goes to the even number. */
function rounded(number) {
  const low = Math.floor(number);
  return number - low === 0.5 ? low + (low % 2) : Math.round(number);
}

// ---------------------------------------------------------------- scheduling

export const newState = (now) => ({ due: now, stability: null, difficulty: null, state: "learning", step: 0, last_review: null, lapses: 0, reviews: 0 });

/** `review(state, rating, now, {draw, exam}) -> state` over ts-fsrs, which keeps to the numbers of fsrs in Python. */
export function makeReview(FSRS, { w, retention = 0.9 }) {
  const algorithm = new FSRS.FSRS(
    FSRS.generatorParameters({
      w,
      request_retention: retention,
      enable_fuzz: false,
      enable_short_term: true,
      learning_steps: ["1m", "10m"],
      relearning_steps: ["10m"],
    }),
  );
  algorithm.useStrategy(FSRS.StrategyMode.LEARNING_STEPS, firstMinutes);
  return (state, rating, now, { draw = null, exam = null } = {}) => {
    const seen = state.last_review !== null;
    // FSRS counts periods of 24 hours, the learner counts nights.
    const last = seen ? now - DAY * Math.max(0, daysBetween(state.last_review, now)) : undefined;
    const { card } = algorithm.next(
      {
        due: new Date(state.due),
        stability: state.stability ?? 0,
        difficulty: state.difficulty ?? 0,
        elapsed_days: 0,
        scheduled_days: 0,
        learning_steps: state.step ?? 0,
        reps: state.reviews,
        lapses: state.lapses,
        state: seen ? STATES.indexOf(state.state) : 0,
        last_review: seen ? new Date(last) : undefined,
      },
      new Date(now),
      rating,
    );
    const after = STATES[card.state];
    let due = card.due.getTime();
    if (after === "review") {
      // Not the card's own due date: ts-fsrs keeps a day between the buttons, which Python does not.
      due = now + DAY * algorithm.next_interval(card.stability, 0);
      if (draw !== null) due = now + moved(due - now, draw);
      if (exam !== null) due = beforeExam(due, now, exam, draw ?? 0);
    }
    return {
      due,
      stability: card.stability,
      difficulty: card.difficulty,
      state: after,
      step: after === "review" ? null : card.learning_steps,
      last_review: now,
      lapses: state.lapses + (state.state === "review" && rating === 1 ? 1 : 0),
      reviews: state.reviews + 1,
    };
  };
}

/** The steps as Python takes them: "hard" repeats the step, or lies between the first two. */
function firstMinutes(_parameters, state, step) {
  const steps = state === STATES.indexOf("new") || state === STATES.indexOf("learning") ? [1, 10] : [10];
  const found = { 1: { scheduled_minutes: steps[0], next_step: 0 } };
  if (state === STATES.indexOf("review") || step >= steps.length) return found;
  const hard = step > 0 ? steps[step] : steps.length > 1 ? (steps[0] + steps[1]) / 2 : 1.5 * steps[0];
  found[2] = { scheduled_minutes: hard, next_step: step };
  if (step + 1 < steps.length) found[3] = { scheduled_minutes: steps[step + 1], next_step: step + 1 };
  return found;
}

function moved(wait, draw) {
  const days = Math.floor(wait / DAY);
  if (days < 2.5) return wait;
  const reach = [[2.5, 7, 0.15], [7, 20, 0.1], [20, Infinity, 0.05]].reduce(
    (sum, [start, end, factor]) => sum + factor * Math.max(Math.min(days, end) - start, 0),
    1,
  );
  const [shortest, longest] = [Math.max(2, rounded(days - reach)), rounded(days + reach)];
  return DAY * Math.min(longest, shortest + Math.floor(draw * (longest - shortest + 1)));
}

/** `exam` is any moment of the exam's day. */
function beforeExam(due, now, exam, place = 0) {
  const days = daysBetween(now, exam) - 1;
  if (days < 1 || daysBetween(due, exam) > 0) return due;
  const spread = Math.min(EXAM_SPREAD, Math.max(1, Math.floor(days / 4)));
  return now + DAY * (days - Math.floor(place * spread));
}

// ---------------------------------------------------------------- progress

/** Everything a learner did, as an append-only log; each card's state is that of its newest review not undone. */
export class Progress {
  constructor(storage) {
    this.storage = storage;
    this.trouble = "";
    this.read();
  }

  /** Take what is stored now, for instance after another tab has written. */
  read() {
    let text = null;
    this.log = [];
    this.frozen = false;
    try {
      text = this.storage?.getItem(KEY) ?? null;
      if (this.storage === null) throw new Error("no storage");
    } catch {
      this.storage = null;
      this.trouble = "This browser keeps nothing for this page. Export your progress before you close it.";
    }
    if (text !== null) {
      try {
        const kept = JSON.parse(text);
        if (kept.version > VERSION) {
          this.frozen = true;
          this.trouble = "Your progress was written by a newer version of this page. Open the newer one; here nothing is saved.";
        } else {
          this.log = kept.log.map((values) => Object.fromEntries(ENTRY.map((name, at) => [name, values[at]])));
        }
      } catch {
        this.storage.setItem(`${KEY}-damaged-${Date.now()}`, text);
        this.trouble = "The progress in this browser could not be read. It was put aside, and you start anew; an exported file brings yours back.";
      }
    }
    this.index();
  }

  index() {
    this.undone = new Set(this.log.map((entry) => entry.undoes).filter(Boolean));
    this.states = new Map();
    for (const entry of this.live()) {
      const known = this.states.get(entry.card_id);
      if (!known || entry.at > known.at || (entry.at === known.at && entry.uid < known.uid)) this.states.set(entry.card_id, entry);
    }
  }

  live() {
    return this.log.filter((entry) => !entry.undoes && !this.undone.has(entry.uid));
  }

  reviews(since) {
    return this.live().filter((entry) => entry.at >= since);
  }

  state(id) {
    return this.states.get(id) ?? null;
  }

  write() {
    if (this.storage === null || this.frozen) return;
    const newest = new Set([...this.states.values()].map((entry) => entry.uid));
    for (let room = LONGEST_LOG; ; room = Math.floor(room / 2)) {
      if (this.log.length > room) {
        const from = this.log.length - room;
        this.log = this.log.filter((entry, at) => at >= from || newest.has(entry.uid));
      }
      const log = this.log.map((entry) => ENTRY.map((name) => entry[name] ?? null));
      try {
        this.storage.setItem(KEY, JSON.stringify({ format: FORMAT, version: VERSION, log }));
        return;
      } catch {
        if (room < 100) {
          this.trouble = "The browser’s storage is full, so this is not saved. Export your progress now.";
          return;
        }
      }
    }
  }

  append(entry) {
    const last = Math.max(-Infinity, ...this.log.filter(({ card_id }) => card_id === entry.card_id).map(({ at }) => at));
    this.log.push({ ...entry, uid: newId(), at: Math.max(entry.at, last + 1) });
    this.index();
    this.write();
    return this.log.at(-1);
  }

  record(id, before, after, rating, seconds, answer, at) {
    return this.append({ card_id: id, at, rating, seconds, answer, was: before ? before.state : "new", undoes: null, ...after });
  }

  undo(uid, at) {
    const entry = this.log.find((known) => known.uid === uid);
    if (!entry || this.undone.has(uid)) return null;
    this.append({ card_id: entry.card_id, at, undoes: uid });
    return entry;
  }

  /** One JSON text, the same as `cnnkit deck backup` writes. */
  export() {
    const plain = (values, names) =>
      Object.fromEntries(
        names
          .filter((name) => values[name] !== null && values[name] !== undefined)
          .map((name) => [name, TIMES.includes(name) ? new Date(values[name]).toISOString() : values[name]]),
      );
    const states = Object.fromEntries([...this.states].sort().map(([id, entry]) => [id, plain(entry, FIELDS)]));
    return JSON.stringify({ format: FORMAT, version: VERSION, states, log: this.log.map((entry) => plain(entry, ENTRY)) });
  }

  /** Merge an exported text, and say how many entries were new; a text that is none changes nothing. */
  import(text) {
    const entries = entriesOf(text);
    const known = new Set(this.log.map((entry) => entry.uid));
    const fresh = entries.filter((entry) => !known.has(entry.uid) && known.add(entry.uid));
    this.log = [...this.log, ...fresh].sort((a, b) => a.at - b.at);
    this.index();
    this.write();
    return fresh.length;
  }

  erase() {
    this.log = [];
    this.index();
    this.write();
  }
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function entriesOf(text) {
  let content = null;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error("this is not a file of progress (no JSON)");
  }
  if (content?.format !== FORMAT || !Array.isArray(content.log)) throw new Error("this is not a file of progress");
  if (!(content.version <= VERSION)) throw new Error(`it is of version ${content.version}, and this page reads up to ${VERSION}`);
  return content.log.map((given, index) => {
    const entry = Object.fromEntries(ENTRY.map((name) => [name, given?.[name] ?? null]));
    for (const name of TIMES) if (entry[name] !== null) entry[name] = Date.parse(entry[name]);
    const needed = entry.undoes ? ["uid", "card_id"] : ["uid", "card_id", "state", "was"];
    const numbers = entry.undoes ? ["at"] : ["at", "rating", "due", "stability", "difficulty", "last_review", "lapses", "reviews"];
    if (!entry.undoes && entry.state !== "review") numbers.push("step");
    const odd =
      needed.find((name) => typeof entry[name] !== "string") ??
      numbers.find((name) => !Number.isFinite(entry[name]) || entry[name] < 0) ??
      (entry.undoes || [1, 2, 3, 4].includes(entry.rating) ? undefined : "rating") ??
      (entry.undoes || STATES.slice(1).includes(entry.state) ? undefined : "state");
    if (odd !== undefined) throw new Error(`entry ${index} has no good ${odd}`);
    return entry;
  });
}

// ---------------------------------------------------------------- the drill

/**
 * One drill. `tools` is {progress, review, judge, draw, clock, random}; `options` is {newPerDay, reviewsPerDay, exam}.
 * What each method does stands in session.py.
 */
export class Session {
  constructor(deck, tools, { newPerDay = 20, reviewsPerDay = 200, exam = null } = {}) {
    Object.assign(this, tools, { deck, newPerDay, reviewsPerDay, exam });
    if (exam !== null && daysBetween(this.clock(), exam) < 1) this.exam = null;
    this.cards = new Map(deck.cards.map((card) => [card.id, card]));
    this.shuffled = new Map(deck.cards.map((card) => [card.id, this.random()]));
    this.steps = [];
    this.skipped = new Set();
    this.next();
  }

  get options() {
    return { draw: this.drawn, exam: this.exam };
  }

  seconds() {
    return Math.min(LONGEST_SECONDS, Math.max(0, (this.clock() - this.shownAt) / 1000));
  }

  flip() {
    if (this.phase === "front") this.phase = "back";
    else if (this.phase === "done") this.next();
  }

  answer(typed) {
    if (this.phase !== "front") return;
    this.judgement = this.judge(this.shown, typed, this.seconds());
    this.typed = typed;
    this.phase = "back";
  }

  rate(rating) {
    if (this.phase !== "back") return;
    const now = this.clock();
    const before = this.progress.state(this.card.id);
    const after = this.review(before ?? newState(now), rating, now, this.options);
    const entry = this.progress.record(this.card.id, before, after, rating, this.seconds(), this.judgement ? this.typed : null, now);
    this.steps.push([this.card.id, entry.uid]);
    this.next();
  }

  skip() {
    if (this.card === null) return;
    this.skipped.add(this.card.id);
    this.steps.push([this.card.id, null]);
    this.next();
  }

  undo() {
    while (this.steps.length) {
      const [id, uid] = this.steps.pop();
      if (uid === null) this.skipped.delete(id);
      else if (this.progress.undo(uid, this.clock()) === null) continue;
      this.sort();
      this.show(id);
      return;
    }
  }

  next() {
    this.sort();
    const now = this.clock();
    const { learning, due, new: fresh } = this.queues;
    if (learning.length && learning[0][0] <= now) this.show(learning[0][1]);
    else if (due.length) this.show(due[0]);
    else if (fresh.length) this.show(fresh[0]);
    else if (learning.length && learning[0][0] <= now + 20 * MINUTE) this.show(learning[0][1]);
    else this.show(null);
  }

  sort() {
    const now = this.clock();
    const [begin, end] = [dayBegins(now), dayBegins(now, 1)];
    const today = this.progress.reviews(begin).filter((entry) => this.cards.has(entry.card_id));
    const learning = [];
    const due = [];
    const unseen = [];
    this.doneToday = today.length;
    for (const id of this.cards.keys()) {
      if (this.skipped.has(id)) continue;
      const state = this.progress.state(id);
      if (state === null) unseen.push(id);
      else if (state.state !== "review") {
        if (state.due < end) learning.push([state.due, id]);
      } else {
        const when = this.due(id, state);
        if (when < end) due.push([Math.floor((when - begin) / DAY), this.shuffled.get(id), id]);
      }
    }
    learning.sort(([a], [b]) => a - b);
    due.sort(([a, b], [c, d]) => a - c || b - d);
    const seen = today.filter((entry) => entry.was === "review").length;
    const met = today.filter((entry) => entry.was === "new").length;
    let most = this.newPerDay;
    if (this.exam !== null) most = Math.max(most, Math.ceil((unseen.length + met) / Math.max(1, daysBetween(now, this.exam) - 1)));
    this.queues = {
      learning,
      due: due.slice(0, Math.max(0, this.reviewsPerDay - seen)).map(([, , id]) => id),
      new: unseen.slice(0, Math.max(0, most - met)),
    };
  }

  due(id, state) {
    if (this.exam === null || state.last_review === null) return state.due;
    return beforeExam(state.due, state.last_review, this.exam, crc32(id) / 2 ** 32);
  }

  show(id) {
    this.typed = "";
    this.judgement = null;
    this.shownAt = this.clock();
    this.drawn = this.random();
    this.card = this.shown = null;
    this.phase = "done";
    if (id === null) return;
    this.card = this.cards.get(id);
    const reviews = this.progress.state(id)?.reviews ?? 0;
    const fresh = this.card.kind === "generated" ? this.draw(this.card.template, reviews) : this.card;
    const choices = [...(fresh.choices ?? [])];
    for (let last = choices.length - 1; last > 0; last--) {
      const other = Math.floor(this.random() * (last + 1));
      [choices[last], choices[other]] = [choices[other], choices[last]];
    }
    this.shown = { ...fresh, choices };
    this.phase = "front";
  }

  intervals() {
    if (this.card === null) return {};
    const now = this.clock();
    const state = this.progress.state(this.card.id) ?? newState(now);
    return Object.fromEntries([1, 2, 3, 4].map((rating) => [rating, intervalText(this.review(state, rating, now, this.options).due - now)]));
  }

  nextIn() {
    if (this.card !== null) return "";
    const now = this.clock();
    const end = dayBegins(now, 1);
    const times = [];
    for (const id of this.cards.keys()) {
      if (this.skipped.has(id)) continue;
      const state = this.progress.state(id);
      if (state === null) times.push(end);
      else times.push(state.state === "review" ? Math.max(end, dayBegins(this.due(id, state))) : Math.max(now, state.due));
    }
    return times.length ? intervalText(Math.min(...times) - now) : "";
  }

  snapshot() {
    const { shown, card, queues } = this;
    return {
      phase: this.phase,
      card: card && {
        id: card.id,
        kind: shown.kind,
        front: shown.front,
        back: shown.back,
        choices: shown.choices,
        matrices: shown.matrices ?? [],
        picture: card.picture ?? "",
        alt: card.alt ?? "",
        lesson: card.deck,
        tags: card.tags,
        unit: shown.unit ?? "",
        answer: this.phase === "back" ? (shown.answers?.[0] ?? "") : "",
      },
      typed: this.typed,
      judgement: this.judgement,
      intervals: this.phase === "back" ? this.intervals() : {},
      counts: { new: queues.new.length, learning: queues.learning.length, due: queues.due.length },
      done_today: this.doneToday,
      can_undo: this.steps.length > 0,
      leech: (card && this.progress.state(card.id)?.lapses >= LEECH_LAPSES) ?? false,
      deck: this.deck.name,
      title: this.deck.title,
      next_in: this.nextIn(),
      notice: this.progress.trouble,
    };
  }
}

function crc32(text) {
  let crc = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// ---------------------------------------------------------------- numbers for the learner

/** What the statistics show, for the cards of a deck. */
export function statistics(deck, progress, now) {
  const ids = new Set(deck.cards.map((card) => card.id));
  const states = [...progress.states].filter(([id]) => ids.has(id)).map(([, state]) => state);
  const month = progress.reviews(dayBegins(now, -29)).filter((entry) => ids.has(entry.card_id));
  const ripe = month.filter((entry) => entry.was === "review");
  const forecast = Array.from({ length: 7 }, (_, day) => {
    const end = dayBegins(now, day + 1);
    const begin = day === 0 ? -Infinity : dayBegins(now, day);
    return states.filter((state) => state.due >= begin && state.due < end).length;
  });
  return {
    cards: ids.size,
    met: states.length,
    known: states.filter((state) => state.state === "review" && state.stability >= 21).length,
    today: month.filter((entry) => entry.at >= dayBegins(now)).length,
    month: month.length,
    retention: ripe.length ? ripe.filter((entry) => entry.rating > 1).length / ripe.length : null,
    forecast,
  };
}
