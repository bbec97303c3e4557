"use strict";
/* The page: a map whose fields change through the year, one field's year, the networks' answer.
   All state is in `state`; every event changes it and calls `draw`. */

const data = JSON.parse(document.getElementById("data").textContent);
const texts = JSON.parse(document.getElementById("texts").textContent);
const $ = (id) => document.getElementById(id);
const T = data.dates.length, B = data.bands.length, FIELDS = data.labels.length;
const values = numbersOf(data.values);
const weights = numbersOf(data.weights);
const networks = Array.from({ length: data.members }, (_, m) =>
  memberWeights(weights, data.sizes, m, data.members));
const month = data.dates.map((day) => new Date(Date.UTC(2023, 0, day)).getUTCMonth());

const CROPS = { "winter wheat": "#e0a100", "winter barley": "#c65d21", rapeseed: "#efe03c",
  maize: "#1f9e6e", sunflower: "#c774a7", meadow: "#4fa9dd" };
const CLOUD = "M-46 20 a20 20 0 0 1 -4 -38 a26 26 0 0 1 46 -14 a24 24 0 0 1 40 12 a21 21 0 0 1 6 40 Z";
const LIGHT = { B2: "#2b62c4", B3: "#2f9e44", B4: "#d6281f", B5: "#b01830", B6: "#981638", B7: "#84153d",
  B8: "#701541", B8A: "#5d1540", B11: "#46163a", B12: "#311430" };

const state = {
  language: navigator.language.startsWith("fr") ? "fr" : "en",
  field: data.questions[0], today: T - 1, months: new Set(), bands: new Set(),
  truth: false, game: null, playing: null,
};

/* ------------------------------------------------------------------------------ what is computed */

/* Every network's probabilities of a field, with months, bands and what comes after a date hidden.
   A hidden date is a cloudy one; a hidden band is the mean of the training, as in `explain`. */
function votes(field, { months = [], bands = [], until = T - 1 } = {}) {
  const dark = new Set(months), dull = new Set(bands);
  const packed = new Float64Array(T * (B + 1));
  for (let t = 0; t < T; t++) {
    if (!data.clear[field][t] || t > until || dark.has(month[t])) continue;
    packed[t * (B + 1) + B] = 1;
    for (let b = 0; b < B; b++) {
      const value = dull.has(b) ? data.baseline[t][b] : values[(field * T + t) * B + b];
      packed[t * (B + 1) + b] = (value - data.centre[b]) / data.scale[b];
    }
  }
  const cells = filled(packed, data.dates);
  return networks.map((network) => memberVotes(network, cells, T));
}

function said() {
  const found = votes(state.field, { months: state.months, bands: state.bands, until: state.today });
  const mean = data.crops.map((_, c) => found.reduce((sum, v) => sum + v[c], 0) / found.length);
  const order = data.crops.map((_, c) => c).sort((a, b) => mean[b] - mean[a]);
  return { found, mean, order };
}

window.grainwise = { votes };

const at = (field, t, band) => values[(field * T + t) * B + data.bands.indexOf(band)];

/* What an eye would see, brightened as photographs of the Earth are: [0, 1] of red, green, blue. */
function colour(field, t) {
  const seen = ["B4", "B3", "B2"].map((band) => Math.max(0, at(field, t, band)));
  const mean = (seen[0] + seen[1] + seen[2]) / 3;
  return seen.map((v) => Math.min(1, Math.max(0, 5.2 * (mean + 1.2 * (v - mean)))) ** 0.62);
}

function css(rgb, white = 0) {
  return `rgb(${rgb.map((v) => Math.round(255 * (v + white * (1 - v)))).join(" ")})`;
}

function greenness(field, t) {
  const near = at(field, t, "B8"), red = at(field, t, "B4");
  return Math.min(1, Math.max(0.03, (near - red) / Math.max(0.05, near + red)));
}

/* The last image of a field without a cloud, or the first where there is none yet. */
function lastClear(field, t) {
  for (let k = t; k >= 0; k--) if (data.clear[field][k]) return k;
  return data.clear[field].indexOf(1);
}

/* -------------------------------------------------------------------------------- words and parts */

const words = () => texts[state.language];
const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
const crop = (c) => words().crops[data.crops[c]];
const spell = (t) => {
  const date = new Date(Date.UTC(2023, 0, data.dates[t]));
  return fill(words().day, { d: date.getUTCDate(), month: words().long[date.getUTCMonth()] });
};

function svg(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function html(name, properties, parent) {
  const made = Object.assign(document.createElement(name), properties);
  parent.append(made);
  return made;
}

/* Corners rounded: from the middle of each side to that of the next, bent by the corner. */
function outline(corners) {
  const bent = corners.map((corner, i) => {
    const before = corners.at(i - 1), after = corners[(i + 1) % corners.length];
    const near = (to) => {
      const share = Math.min(0.5, 18 / Math.hypot(to[0] - corner[0], to[1] - corner[1]));
      return corner.map((v, k) => v + share * (to[k] - v));
    };
    return `${near(before)} Q${corner} ${near(after)}`;
  });
  return `M${bent.join(" L")} Z`;
}

function furrows(corners, name, parent) {
  const sides = corners.map((c, i) => [c, corners[(i + 1) % corners.length]]);
  const length = ([p, q]) => Math.hypot(q[0] - p[0], q[1] - p[1]);
  const [p, q] = sides.sort((a, b) => length(b) - length(a))[0];
  const angle = (180 / Math.PI) * Math.atan2(q[1] - p[1], q[0] - p[0]);
  const pattern = svg("pattern", { id: name, width: 14, height: 14, patternUnits: "userSpaceOnUse",
    patternTransform: `rotate(${angle.toFixed(1)})` }, parent);
  svg("rect", { width: 14, height: 5, fill: "rgb(0 0 0 / 7%)" }, pattern);
}

const parts = { grounds: [], clouds: [], groups: [], bars: [], rows: [], months: [], bands: [] };

function build() {
  const map = $("map");
  map.setAttribute("viewBox", `0 0 ${data.map[0]} ${data.map[1]}`);
  const definitions = svg("defs", {}, map);
  data.shapes.forEach((corners, field) => {
    const group = svg("g", { tabindex: 0, role: "button" }, map);
    const d = outline(corners);
    furrows(corners, `rows${field}`, definitions);
    parts.grounds.push(svg("path", { d, class: "ground" }, group));
    svg("path", { d, class: "rows", fill: `url(#rows${field})` }, group);
    svg("path", { d, class: "edge" }, group);
    const middle = [0, 1].map((k) => corners.reduce((sum, c) => sum + c[k], 0) / corners.length);
    const cloud = svg("g", { transform: `translate(${middle.map((v) => v.toFixed(0))})` }, group);
    svg("path", { d: CLOUD, class: "shade", transform: "translate(2 7)" }, cloud);
    svg("path", { d: CLOUD, class: "cloud" }, cloud);
    parts.clouds.push(cloud);
    svg("text", { x: middle[0], y: middle[1] }, group).textContent = field + 1;
    group.addEventListener("click", () => choose(field));
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter") choose(field);
    });
    parts.groups.push(group);
  });
  const wide = 1200 / T;
  for (let t = 0; t < T; t++) {
    parts.bars.push(svg("rect", { x: t * wide + 2, width: wide - 4, rx: 6 }, $("bars")));
  }
  for (let m = 0; m < 12; m++) {
    const button = html("button", {}, $("months"));
    button.addEventListener("click", () => toggle(state.months, m));
    parts.months.push(button);
  }
  data.bands.forEach((band, b) => {
    const button = html("button", {}, $("bands"));
    button.style.setProperty("--light", LIGHT[band]);
    button.addEventListener("click", () => toggle(state.bands, b));
    parts.bands.push(button);
  });
  data.crops.forEach((name, c) => {
    const row = html("button", { className: "vote" }, $("votes"));
    row.style.setProperty("--crop", CROPS[name]);
    const label = html("span", { className: "name" }, row);
    const track = html("span", { className: "track" }, row);
    const bar = html("span", { className: "bar" }, track);
    const dots = networks.map(() => html("i", {}, track));
    const number = html("span", { className: "number" }, row);
    const key = html("kbd", { textContent: c + 1 }, row);
    row.addEventListener("click", () => answer(c));
    parts.rows.push({ row, label, track, bar, dots, number, key });
  });
  $("today").max = T - 1;
}

/* ------------------------------------------------------------------------------------------ draw */

function draw() {
  document.documentElement.lang = state.language;
  const w = words();
  const about = { members: data.members, training: data.training, seconds: data.seconds };
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = fill(w[element.dataset.text], about);
  }
  document.title = w.title;
  $("game").textContent = state.game ? w.leave : w.game;
  $("play").textContent = state.playing ? w.pause : w.play;
  $("how").textContent = `${w.greenness}. ${w.hide}`;
  $("today").setAttribute("aria-label", w.today);
  parts.months.forEach((button, m) => {
    button.textContent = w.month[m];
    button.setAttribute("aria-label", w.long[m]);
    button.setAttribute("aria-pressed", state.months.has(m));
  });
  parts.bands.forEach((button, b) => {
    button.textContent = w.short[data.bands[b]];
    button.setAttribute("aria-label", w.light[data.bands[b]]);
    button.title = `${w.light[data.bands[b]]} (${data.bands[b]})`;
    button.setAttribute("aria-pressed", state.bands.has(b));
  });
  parts.groups.forEach((group, field) => {
    group.setAttribute("aria-label", fill(w.field, { number: field + 1 }));
    group.classList.toggle("chosen", field === state.field);
  });
  parts.groups[state.field].parentNode.append(parts.groups[state.field]); // its edge over the others
  $("season-title").textContent = fill(w.season, { number: state.field + 1 });
  drawDay();
}

/* What a slider moves: kept apart from the words, so that it is quick. */
function drawDay() {
  const w = words();
  $("land-title").textContent = fill(w.map, { day: spell(state.today) });
  $("today").value = state.today;
  $("today").setAttribute("aria-valuetext", spell(state.today));
  parts.grounds.forEach((ground, field) => {
    const cloudy = !data.clear[field][state.today];
    ground.style.fill = css(colour(field, lastClear(field, state.today)), cloudy ? 0.3 : 0);
    parts.clouds[field].style.display = cloudy ? "" : "none";
  });
  parts.bars.forEach((bar, t) => {
    const cloudy = !data.clear[state.field][t];
    const high = cloudy ? 26 : 34 + 258 * greenness(state.field, t);
    const hidden = state.months.has(month[t]) || t > state.today;
    bar.setAttribute("height", high.toFixed(1));
    bar.setAttribute("y", (296 - high).toFixed(1));
    bar.style.fill = cloudy ? "#d9d9d9" : css(colour(state.field, t));
    bar.style.opacity = hidden ? 0.14 : 1;
    bar.style.stroke = t === state.today ? "#10281a" : "none";
    bar.style.strokeWidth = 5;
  });
  drawAnswer();
  Object.assign(document.body.dataset, {
    field: state.field, today: state.today, mode: state.game ? "game" : "map",
    answered: state.game ? state.game.given !== null : "",
  });
}

function drawAnswer() {
  const w = words(), game = state.game, waiting = game && game.given === null;
  const { found, mean, order } = said();
  const label = data.labels[state.field];
  const shown = game ? !waiting : state.truth;
  parts.rows.forEach((row, c) => {
    row.row.disabled = !waiting;
    row.row.tabIndex = waiting ? 0 : -1;
    row.label.textContent = crop(c);
    row.track.hidden = row.number.hidden = waiting;
    row.key.hidden = !waiting;
    row.row.classList.toggle("true", Boolean(shown && c === label));
    row.row.classList.toggle("mine", Boolean(game && game.given === c));
    const own = found.map((v) => v[c]);
    row.bar.style.width = `${100 * mean[c]}%`;
    row.dots.forEach((dot, m) => {
      dot.style.left = `${100 * own[m]}%`;
      dot.style.top = `${50 + 46 * ((m + 0.5) / own.length - 0.5)}%`;
    });
    const percent = (p) => Math.round(100 * p);
    row.number.innerHTML = "";
    html("b", { textContent: `${percent(mean[c])} %` }, row.number);
    const range = { low: percent(Math.min(...own)), high: percent(Math.max(...own)) };
    html("span", { textContent: fill(w.range, range) }, row.number);
  });
  $("truth").hidden = Boolean(game);
  $("next").hidden = !game || waiting;
  if (game) return drawGame(order[0], label);
  $("verdict").textContent = verdict(found, mean, order);
  $("truth").textContent = state.truth ? fill(w.is, { crop: crop(label) }) : w.truth;
  $("told").textContent = w.mean;
}

function verdict(found, mean, order) {
  const [first, second] = order;
  const agreeing = found.filter((v) => v[first] === Math.max(...v)).length / found.length;
  const named = { crop: crop(first), other: crop(second) };
  if (agreeing < 0.8 || mean[first] < 0.5) return fill(words().divided, named);
  const sure = mean[first] > 0.9 && Math.min(...found.map((v) => v[first])) > 0.6;
  return fill(sure ? words().sure : words().probably, named);
}

function drawGame(theirs, label) {
  const w = words(), game = state.game, named = { crop: crop(label) };
  const score = { you: game.you, they: game.they, of: game.at + 1 };
  const last = game.at + 1 === data.questions.length;
  if (game.given === null) {
    const asked = { number: state.field + 1, at: game.at + 1, all: data.questions.length };
    $("verdict").textContent = fill(w.question, asked);
    $("told").textContent = w.hint;
    return;
  }
  const who = { "true true": "both", "true false": "you", "false true": "they" };
  const case_ = who[`${game.given === label} ${theirs === label}`] || "nobody";
  $("verdict").textContent = fill(w[case_], named);
  $("told").textContent = fill(last ? w.end : w.score, score);
  $("next").textContent = last ? w.again : w.next;
}

/* ---------------------------------------------------------------------------------------- events */

function choose(field) {
  if (state.game) return;
  Object.assign(state, { field, truth: false });
  draw();
}

function toggle(hidden, what) {
  if (!hidden.delete(what)) hidden.add(what);
  draw();
}

function showAll() {
  state.months.clear();
  state.bands.clear();
  state.today = T - 1;
}

function ask(number) {
  const before = number ? state.game : { you: 0, they: 0 };
  state.game = { ...before, at: number, given: null };
  state.field = data.questions[number];
  showAll();
  draw();
}

function answer(c) {
  const game = state.game;
  if (!game || game.given !== null) return;
  const label = data.labels[state.field];
  game.given = c;
  game.you += c === label;
  game.they += said().order[0] === label;
  draw();
  $("next").focus();
}

function play() {
  if (state.playing) {
    clearInterval(state.playing);
    state.playing = null;
  } else {
    if (state.today === T - 1) state.today = 0;
    state.playing = setInterval(() => {
      state.today += 1;
      if (state.today === T - 1) play();
      else drawDay();
    }, 380);
  }
  draw();
}

function move(days) {
  state.today = Math.min(T - 1, Math.max(0, state.today + days));
  drawDay();
}

function keyed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key, slider = event.target === $("today");
  const done = {
    ArrowLeft: () => !slider && move(-1),
    ArrowRight: () => !slider && move(1),
    ArrowUp: () => !slider && choose((state.field + FIELDS - 1) % FIELDS),
    ArrowDown: () => !slider && choose((state.field + 1) % FIELDS),
    " ": () => event.target.tagName !== "BUTTON" && play(),
    l: () => speak(),
  }[key.length === 1 ? key.toLowerCase() : key];
  if (key >= "1" && key <= String(data.crops.length) && key.length === 1) answer(Number(key) - 1);
  else if (done && done() !== false) event.preventDefault();
}

function speak() {
  state.language = state.language === "en" ? "fr" : "en";
  draw();
}

build();
document.addEventListener("keydown", keyed);
$("today").addEventListener("input", () => move(Number($("today").value) - state.today));
$("play").addEventListener("click", play);
$("language").addEventListener("click", speak);
$("reset").addEventListener("click", () => {
  showAll();
  draw();
});
$("truth").addEventListener("click", () => {
  state.truth = !state.truth;
  draw();
});
$("game").addEventListener("click", () => {
  if (state.game) {
    state.game = null;
    draw();
  } else ask(0);
});
$("next").addEventListener("click", () => ask((state.game.at + 1) % data.questions.length));
draw();
