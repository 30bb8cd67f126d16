// Pixels for the reference: a photograph decoded by decode.py, or a pattern made of integers.

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const DECODED_BYTES_MAX = 512 << 20;

// The text that goes into the golden files; Pattern below is the same in JavaScript.
export const PATTERN_FORMULA =
  'uint32 s = seed; for y in 0..height-1, for x in 0..width-1, for c in 0..2: ' +
  's = s * 1664525 + 1013904223 (mod 2^32); ' +
  'pixel[y][x][c] = (x * step[0] + y * step[1] + c * step[2] + (s >> shift)) & 255';

/** uint8 RGB [size, size, 3] made by PATTERN_FORMULA. */
export function pattern({ size, seed, step, shift }) {
  const pixels = new Uint8Array(size * size * 3);
  let state = seed;
  let at = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let c = 0; c < 3; c++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        pixels[at++] = (x * step[0] + y * step[1] + c * step[2] + (state >>> shift)) & 255;
      }
    }
  }
  return pixels;
}

/** {pixels: uint8 RGB [height, width, 3], width, height, decoder, sha256 of the JPEG}. */
export function decode(file, python) {
  const script = path.join(import.meta.dirname, 'decode.py');
  const output = execFileSync(python, [script, file], { maxBuffer: DECODED_BYTES_MAX });
  const end = output.indexOf('\n');
  const header = JSON.parse(output.subarray(0, end).toString());
  return {
    ...header,
    pixels: new Uint8Array(output.subarray(end + 1)),
    sha256: sha256(readFileSync(file)),
  };
}

/** Hexadecimal. */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
