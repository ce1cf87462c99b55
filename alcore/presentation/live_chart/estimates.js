// Curves and their 95 % bands at any prevalence, from class means of counts.
// The same arithmetic as alcore/statistics/estimands.py and resampling.py: tests hold both to 1e-9 of each other.

const TAILS = [(1 - 0.95) / 2, (1 + 0.95) / 2];

/** A typed array from what `curves.pack` made. */
export function unpack({ type, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return type === "i4" ? new Int32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/**
 * A metric at a prevalence, from the means of the point that begins at `at`: K counts of clean patches, K of
 * defective ones. `metric` is a `MetricForm` of curves.py: numerator and denominator as K weights each, or the
 * column that already holds it.
 */
export function valueAt(means, at, { part, whole, column }, prevalence) {
  if (column !== null) return means[at + column];
  const kinds = part.length, rest = 1 - prevalence;
  let above = 0, below = 0;
  for (let i = 0; i < kinds; i++) {
    const count = prevalence * means[at + kinds + i] + rest * means[at + i];
    above += part[i] * count;
    below += whole[i] * count;
  }
  return below > 0 ? above / below : NaN; // 0/0 is undefined, and never drawn as 0
}

/** A metric of points that stand one after the other in `means`. */
export function valuesAlong(means, points, metric, prevalence) {
  const width = means.length / points;
  return Float64Array.from({ length: points }, (_, p) => valueAt(means, p * width, metric, prevalence));
}

function valuesOf({ means, repetitions, points }, metric, prevalence) {
  const all = valuesAlong(means, repetitions * points, metric, prevalence);
  return Array.from({ length: repetitions }, (_, r) => all.subarray(r * points, (r + 1) * points));
}

/** Means over repetitions, one number per strategy and cycle. */
export function averages(run, metric, prevalence) {
  const values = valuesOf(run, metric, prevalence);
  return Float64Array.from({ length: run.points }, (_, p) => meanOfDefined(values, p));
}

/** Means over repetitions and bounds of their intervals: {value, low, high}, each one number per strategy and cycle. */
export function estimate(run, weights, metric, prevalence) {
  const { points } = run, values = valuesOf(run, metric, prevalence);
  const value = Float64Array.from({ length: points }, (_, p) => meanOfDefined(values, p));
  if (run.replicates && metric.column !== null) {
    return { value, low: run.patch_iou_bounds.slice(0, points), high: run.patch_iou_bounds.slice(points) };
  }
  const replicates = run.replicates
    ? patchReplicates(run, metric, prevalence)
    : repetitionReplicates(values, weights, points);
  return { value, ...intervals(replicates, !run.replicates) };
}

function meanOfDefined(values, p) {
  const known = values.map((row) => row[p]).filter((one) => !Number.isNaN(one));
  return known.length ? known.reduce((sum, one) => sum + one, 0) / known.length : NaN;
}

// Draws come in pairs of opposite sign, so only the first half of the weights travels.
function repetitionReplicates(values, weights, points) {
  const count = values.length, half = weights.length / count;
  return Array.from({ length: points }, (_, p) => {
    const column = values.map((row) => row[p]);
    const mean = column.reduce((sum, one) => sum + one, 0) / count;
    const off = column.map((one) => one - mean);
    const shifts = new Float64Array(half);
    for (let b = 0, at = 0; b < half; b++) {
      let shift = 0;
      for (let r = 0; r < count; r++) shift += weights[at++] * off[r];
      shifts[b] = Math.abs(shift);
    }
    shifts.sort(); // so that both halves are in order: a sort of half the draws costs less than half
    const drawn = new Float64Array(2 * half);
    for (let b = 0; b < half; b++) {
      drawn[half - 1 - b] = mean - shifts[b];
      drawn[half + b] = mean + shifts[b];
    }
    return drawn;
  });
}

function patchReplicates({ replicates, points }, metric, prevalence) {
  const { sums, columns, sizes } = replicates, width = columns.length, draws = sums.length / (points * width);
  const kinds = metric.part.length, counts = new Float64Array(2 * kinds); // those that do not travel are zero
  return Array.from({ length: points }, (_, p) => {
    const drawn = new Float64Array(draws);
    for (let b = 0; b < draws; b++) {
      const at = (b * points + p) * width;
      for (let k = 0; k < width; k++) counts[columns[k]] = sums[at + k] / sizes[columns[k] < kinds ? 0 : 1];
      drawn[b] = valueAt(counts, 0, metric, prevalence);
    }
    return drawn;
  });
}

// numpy's quantile where all is finite; else its nanquantile by the closest observation, for all points alike.
function intervals(replicates, isSorted) {
  const isFinite = replicates.every((drawn) => drawn.every(Number.isFinite));
  const low = new Float64Array(replicates.length), high = new Float64Array(replicates.length);
  replicates.forEach((drawn, p) => {
    const known = isFinite ? drawn : drawn.filter((one) => !Number.isNaN(one));
    const sorted = isSorted ? known : known.sort();
    const [below, above] = TAILS.map((tail) => (isFinite ? linear(sorted, tail) : closest(sorted, tail)));
    low[p] = clip(below);
    high[p] = clip(above);
  });
  return { low, high };
}

function linear(sorted, tail) {
  const index = tail * (sorted.length - 1), before = Math.floor(index);
  const after = Math.min(before + 1, sorted.length - 1);
  return sorted[before] + (sorted[after] - sorted[before]) * (index - before);
}

function closest(sorted, tail) {
  if (!sorted.length) return NaN;
  const index = sorted.length * tail - 1 - 0.5, before = Math.floor(index);
  const isTie = index === before && Math.abs(before % 2) === 1;
  return sorted[Math.max(isTie ? before : before + 1, 0)];
}

const clip = (bound) => Math.min(Math.max(bound, 0), 1); // NaN stays NaN
