// The work that the server asks for while very many tips come in: a number for which the SHA-256 of
// "lastseen-tip:FORM:NUMBER" begins with `bits` zero bits. See app/services, `form_work`.
// Our own SHA-256 (FIPS 180-4), because the browser's answers each call by a promise, which takes
// longer than the hash, and is missing where the page came without encryption.

const SLICE_MS = 24; // then the page gets its turn: the bar moves, and the form can be scrolled
const BLOCK_BYTES = 64;
const K = roundConstants();

/** Find the number; `report(share)` gets how much of the expected work is done, at most 1. */
export async function solve(challenge, bits, report = () => {}) {
  const head = new TextEncoder().encode(`lastseen-tip:${challenge}:`);
  const expected = 2 ** bits;
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(head);
  const words = new Uint32Array(BLOCK_BYTES);
  let number = 0;
  for (;;) {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      for (let turn = 0; turn < 200; turn += 1, number += 1) {
        if (firstWord(block, head.length, number, words) >>> (32 - bits) === 0) return String(number);
      }
    }
    report(Math.min(1, number / expected));
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** The first 32 bits of the hash of `block`'s first `length` bytes and the digits of `number`. */
function firstWord(block, length, number, words) {
  const digits = String(number);
  for (let at = 0; at < digits.length; at += 1) block[length + at] = digits.charCodeAt(at);
  const end = length + digits.length;
  block.fill(0, end);
  block[end] = 0x80;
  block[62] = (end * 8) >>> 8;
  block[63] = (end * 8) & 255;
  return compress(block, words);
}

function compress(block, w) {
  for (let i = 0; i < 16; i += 1) w[i] = (block[4 * i] << 24) | (block[4 * i + 1] << 16) | (block[4 * i + 2] << 8) | block[4 * i + 3];
  for (let i = 16; i < 64; i += 1) {
    const a = w[i - 15];
    const b = w[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  return (a + 0x6a09e667) >>> 0;
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
function roundConstants() {
  const found = new Uint32Array(64);
  for (let candidate = 2, count = 0; count < 64; candidate += 1) {
    let prime = true;
    for (let by = 2; by * by <= candidate && prime; by += 1) prime = candidate % by !== 0;
    if (!prime) continue;
    const root = Math.cbrt(candidate);
    found[count] = Math.floor((root - Math.floor(root)) * 2 ** 32);
    count += 1;
  }
  return found;
}
