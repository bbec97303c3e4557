"use strict";
/* The network of toolbox/networks/series/temporal_convolutions.py, one member after the other. */

const TAPS = 5;

function numbersOf(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/* Cut the weights of one member into its arrays. */
function memberWeights(all, sizes, member, members) {
  const each = all.length / members;
  let at = member * each;
  const weights = {};
  for (const [name, shape] of Object.entries(sizes)) {
    const length = shape.reduce((a, b) => a * b, 1);
    weights[name] = all.subarray(at, at + length);
    at += length;
  }
  return weights;
}

/* Packed series with cloudy dates filled, as `cells` of toolbox/networks/series/packing.py does. */
const WIDTH = 10; // days
const TOWARDS_MEAN = 0.1;

function filled(packed, days) {
  const channels = packed.length / days.length, bands = channels - 1;
  const cells = Float64Array.from(packed);
  const clear = days.map((_, t) => t).filter((t) => packed[t * channels + bands] === 1);
  for (let t = 0; t < days.length; t++) {
    if (packed[t * channels + bands] === 1) continue;
    let sum = TOWARDS_MEAN;
    for (const s of clear) {
      const near = Math.exp(-0.5 * ((days[t] - days[s]) / WIDTH) ** 2);
      sum += near;
      for (let b = 0; b < bands; b++) cells[t * channels + b] += near * packed[s * channels + b];
    }
    for (let b = 0; b < bands; b++) cells[t * channels + b] /= sum;
  }
  return cells;
}

/* relu(x convolved with the filters + bias): x (dates, inputs) to (dates, outputs). */
function convolved(x, dates, inputs, filters, bias) {
  const outputs = bias.length;
  const found = new Float64Array(dates * outputs);
  for (let t = 0; t < dates; t++) {
    for (let o = 0; o < outputs; o++) found[t * outputs + o] = bias[o];
    for (let tap = 0; tap < TAPS; tap++) {
      const from = t + tap - (TAPS >> 1);
      if (from < 0 || from >= dates) continue;
      for (let i = 0; i < inputs; i++) {
        const value = x[from * inputs + i];
        if (value === 0) continue;
        const row = (tap * inputs + i) * outputs;
        for (let o = 0; o < outputs; o++) found[t * outputs + o] += value * filters[row + o];
      }
    }
    for (let o = 0; o < outputs; o++) {
      if (found[t * outputs + o] < 0) found[t * outputs + o] = 0;
    }
  }
  return found;
}

function dense(x, weights, bias) {
  const outputs = bias.length;
  const found = Float64Array.from(bias);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    for (let o = 0; o < outputs; o++) found[o] += x[i] * weights[i * outputs + o];
  }
  return found;
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (v) => Math.exp(v - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

/* Probabilities of the classes, from filled series (dates, bands + 1: clear or not). */
function memberVotes(w, cells, dates) {
  const first = convolved(cells, dates, cells.length / dates, w.filters_0, w.bias_0);
  const second = convolved(first, dates, w.bias_0.length, w.filters_1, w.bias_1);
  const hidden = dense(second, w.dense_0, w.offset_0).map((v) => (v > 0 ? v : 0));
  return softmax(dense(hidden, w.dense_1, w.offset_1));
}
