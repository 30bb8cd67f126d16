// Loads the reference implementation: face-api on TensorFlow.js, backend WebAssembly with SIMD, one
// thread.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** `modules` is a folder after `npm ci`. Returns {tf, faceapi, folder, description}. */
export async function loadFaceApi(modules) {
  const require = createRequire(path.resolve(modules, 'package.json'));
  const tf = require('@tensorflow/tfjs');
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
  const folder = path.resolve(modules, 'node_modules/@vladmandic/face-api');

  const binaries = path.resolve(modules, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  wasm.setWasmPaths(binaries + path.sep);
  wasm.setThreadsCount(1);
  // Without this the backend takes its threaded binary wherever SharedArrayBuffer exists.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new Error('this Node has no WebAssembly SIMD');
  await tf.setBackend('wasm');
  await tf.ready();

  await faceapi.nets.tinyFaceDetector.loadFromDisk(path.join(folder, 'model'));
  await faceapi.nets.faceExpressionNet.loadFromDisk(path.join(folder, 'model'));
  return { tf, faceapi, folder, description: describe(folder, tf) };
}

function describe(folder, tf) {
  const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json')));
  const backend = `backend ${tf.getBackend()} with SIMD, one thread`;
  return `${name} ${version}, TensorFlow.js ${tf.version_core}, ${backend}`;
}
