#!/usr/bin/env node
// Asks the reference implementation and writes its answers down.
//
//   mkdir -p .deps/npm/reference
//   cp tools/reference/package*.json tools/reference/.npmrc .deps/npm/reference
//   npm ci --prefix .deps/npm/reference
//   node tools/reference/reference.mjs                  writes test/golden/{tensors,emotion}/*.json
//   node tools/reference/reference.mjs --bench N [--size S]  prints median times of N runs as JSON
//
// Options: --modules DIR  where `npm ci` was run (.deps/npm/reference)
//          --python FILE  a Python with Pillow (.deps/venv/bin/python)
//          --golden DIR   where the answers go (test/golden)
// Exit status: 0 done, 1 failed, 2 wrong arguments.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { loadFaceApi } from './face_api.mjs';
import { PATTERN_FORMULA, decode, pattern, sha256 } from './pixels.mjs';
import { runRounded } from './rounded.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SAMPLES = [1, 2, 3, 4, 5, 6].map((n) => `sample${n}`);
const SCORE_MIN = 0.5;
const WARM_UP_RUNS = 3;

const EMOTION_CASES = [
  { size: 112, seed: 1, step: [2, 3, 40], shift: 27 },
  { size: 112, seed: 2, step: [1, 0, 0], shift: 30 },
  { size: 112, seed: 3, step: [0, 0, 0], shift: 24 },
];
const DETECTOR_CASES = [
  { size: 128, seed: 4, step: [2, 1, 30], shift: 26 },
  { size: 160, seed: 5, step: [1, 1, 0], shift: 29 },
  { size: 160, seed: 6, step: [0, 0, 0], shift: 24 },
];

function parseCommandLine() {
  const { values } = parseArgs({
    options: {
      bench: { type: 'string' },
      size: { type: 'string', default: '416' },
      modules: { type: 'string', default: path.join(ROOT, '.deps/npm/reference') },
      python: { type: 'string', default: path.join(ROOT, '.deps/venv/bin/python') },
      golden: { type: 'string', default: path.join(ROOT, 'test/golden') },
    },
  });
  values.size = Number(values.size);
  if (!(values.size > 0 && values.size % 32 === 0))
    throw new TypeError('--size must be a multiple of 32');
  if (values.bench !== undefined) values.bench = Number(values.bench);
  if (values.bench !== undefined && !(Number.isInteger(values.bench) && values.bench > 0)) {
    throw new TypeError('--bench must be a whole number above 0');
  }
  return values;
}

/** The photograph as the tensor that face-api is given: int32 [height, width, 3], RGB, 0 to 255. */
function toTensor(tf, { pixels, width, height }) {
  return tf.tensor3d(Int32Array.from(pixels), [height, width, 3], 'int32');
}

/** Detection in the photograph and expressions of every face, as face-api's users call it. */
function run({ faceapi }, image, size) {
  const options = new faceapi.TinyFaceDetectorOptions({
    inputSize: size,
    scoreThreshold: SCORE_MIN,
  });
  return faceapi.detectAllFaces(image, options).withFaceExpressions();
}

function toFace({ detection, expressions }) {
  const { x, y, width, height } = detection.box;
  const ranked = expressions.asSortedArray();
  const probabilities = Object.fromEntries(Object.entries(expressions));
  return {
    box: { x, y, width, height },
    score: detection.score,
    emotion: ranked[0].expression,
    probabilities,
  };
}

/**
 * One golden file: what the reference finds in one photograph. Boxes are in source pixels, not
 * rounded. `faces` is face-api as it is, `faces_u8` face-api with networks that see bytes
 * (rounded.mjs says why).
 */
async function photographGolden(reference, photo, name) {
  const image = toTensor(reference.tf, photo);
  const size = 416;
  const faces = await run(reference, image, size);
  const rounded = await runRounded(reference, image, size, SCORE_MIN);
  image.dispose();
  return {
    picture: `${name}.jpg`,
    sha256: photo.sha256,
    width: photo.width,
    height: photo.height,
    decoder: photo.decoder,
    pixels_sha256: sha256(photo.pixels),
    reference: reference.description,
    options: { detector: 'TinyFaceDetector', size, score_min: SCORE_MIN, iou_max: 0.4 },
    faces: faces.map(toFace),
    faces_u8: rounded.map(toFace),
  };
}

/** A network's answers to patterns as one golden file. `forward`: [1, size, size, 3] -> tensor. */
async function tensorGolden(reference, model, output, cases, forward) {
  const { tf, description } = reference;
  const answers = [];
  for (const parameters of cases) {
    const { size } = parameters;
    const pixels = pattern(parameters);
    const input = tf.tensor4d(Int32Array.from(pixels), [1, size, size, 3], 'int32');
    const tensor = await forward(input, size);
    const values = Array.from(await tensor.data(), (value) => Number(value.toPrecision(8)));
    answers.push({
      ...parameters,
      pixels_sha256: sha256(pixels),
      [output]: { shape: tensor.shape, values },
    });
    tf.dispose([input, tensor]);
  }
  return {
    model,
    reference: description,
    input: 'uint8 [1, size, size, 3] RGB',
    pattern: PATTERN_FORMULA,
    cases: answers,
  };
}

function write(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  // Arrays of numbers on one line each: a golden is read by people too.
  const text = JSON.stringify(value, null, 2).replace(/\[[-\d.,e\s]+\]/g, (list) =>
    list.replace(/\s+/g, ' '),
  );
  writeFileSync(file, `${text}\n`);
  console.log(`wrote ${path.relative(process.cwd(), file)}`);
}

async function writeGoldens(reference, options) {
  const { tinyFaceDetector, faceExpressionNet } = reference.faceapi.nets;
  const tensors = path.join(options.golden, 'tensors');
  write(
    path.join(tensors, 'emotion.json'),
    await tensorGolden(reference, 'emotion', 'probabilities', EMOTION_CASES, (x) =>
      faceExpressionNet.forward(x),
    ),
  );
  write(
    path.join(tensors, 'face_detector.json'),
    await tensorGolden(reference, 'face_detector', 'grid', DETECTOR_CASES, (x, size) =>
      tinyFaceDetector.forward(x, size),
    ),
  );
  for (const name of SAMPLES) {
    const photo = decode(path.join(reference.folder, 'demo', `${name}.jpg`), options.python);
    write(
      path.join(options.golden, 'emotion', `${name}.json`),
      await photographGolden(reference, photo, name),
    );
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Times detection and expressions of each photograph; decoding it is not in the time. */
async function bench(reference, options) {
  const photographs = [];
  for (const name of SAMPLES) {
    const photo = decode(path.join(reference.folder, 'demo', `${name}.jpg`), options.python);
    const image = toTensor(reference.tf, photo);
    const times = [];
    let faces = 0;
    for (let i = 0; i < WARM_UP_RUNS + options.bench; i++) {
      const start = performance.now();
      faces = (await run(reference, image, options.size)).length;
      if (i >= WARM_UP_RUNS) times.push(performance.now() - start);
    }
    image.dispose();
    photographs.push({
      picture: `${name}.jpg`,
      width: photo.width,
      height: photo.height,
      faces,
      median_ms: median(times),
      min_ms: Math.min(...times),
    });
  }
  const { description } = reference;
  console.log(
    JSON.stringify(
      {
        reference: description,
        node: process.version,
        size: options.size,
        runs: options.bench,
        photographs,
      },
      null,
      2,
    ),
  );
}

async function main() {
  let options;
  try {
    options = parseCommandLine();
  } catch (error) {
    console.error(`reference: ${error.message}`);
    return 2;
  }
  try {
    const reference = await loadFaceApi(options.modules);
    await (options.bench ? bench(reference, options) : writeGoldens(reference, options));
    return 0;
  } catch (error) {
    console.error(`reference: ${error.message}`);
    return 1;
  }
}

process.exitCode = await main();
