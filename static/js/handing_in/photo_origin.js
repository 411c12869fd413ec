// What a photo's file says of time and place, read in the browser before anything is sent.
// The same fields by the same rules as recognition/photo_origin.py, which reads them when the tip
// has come: EXIF in JPEG, PNG, WebP and TIFF. What is missing, damaged or impossible is null.

const JPEG_HEAD_BYTES = 1 << 20; // EXIF stands before the picture
const EXIF_IFD = 0x8769;
const GPS_IFD = 0x8825;
const TAKEN = 0x9003;
const TAKEN_OFFSET = 0x9011;
const FIRST_YEAR = 1990;
const MOST_ENTRIES = 1000;
const BYTES_OF_TYPE = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 };
const NOTHING = { taken: null, latitudeDeg: null, longitudeDeg: null };

/** `taken` is {wall: "2026-11-18T14:10:05", offset: "+05:30" or ""}; degrees are WGS 84. */
export async function readOrigin(file) {
  try {
    const head = new DataView(await file.slice(0, JPEG_HEAD_BYTES).arrayBuffer());
    const whole = isJpeg(head) ? head : new DataView(await file.arrayBuffer());
    const exif = findExif(whole);
    return exif ? readExif(exif) : NOTHING;
  } catch (error) {
    if (error instanceof RangeError || error instanceof DOMException) return NOTHING; // damaged
    throw error;
  }
}

function isJpeg(view) {
  return view.byteLength > 4 && view.getUint16(0) === 0xffd8;
}

/** The part of the file that is built like a TIFF, which is what EXIF is everywhere. */
function findExif(view) {
  if (isJpeg(view)) return exifOfJpeg(view);
  const start = text(view, 0, 4);
  if (start === "II*\0" || start === "MM\0*") return view;
  if (text(view, 1, 3) === "PNG") return chunk(view, 8, "eXIf", (at) => [text(view, at + 4, 4), view.getUint32(at), 4]);
  if (start === "RIFF" && text(view, 8, 4) === "WEBP") {
    return chunk(view, 12, "EXIF", (at) => [text(view, at, 4), view.getUint32(at + 4, true), view.getUint32(at + 4, true) % 2]);
  }
  return null;
}

function exifOfJpeg(view) {
  for (let at = 2; at + 4 <= view.byteLength; ) {
    const marker = view.getUint16(at);
    if (marker >>> 8 !== 0xff || marker === 0xffda) return null;
    const length = view.getUint16(at + 2);
    if (marker === 0xffe1 && text(view, at + 4, 6) === "Exif\0\0") return part(view, at + 10, length - 8);
    at += 2 + length;
  }
  return null;
}

/** The first chunk of that name; `describe(at)` gives name, length and what stands after it. */
function chunk(view, first, wanted, describe) {
  for (let at = first; at + 8 <= view.byteLength; ) {
    const [name, length, after] = describe(at);
    if (name === wanted) {
      const skip = text(view, at + 8, 6) === "Exif\0\0" ? 6 : 0;
      return part(view, at + 8 + skip, length - skip);
    }
    at += 8 + length + after;
  }
  return null;
}

function part(view, offset, length) {
  return new DataView(view.buffer, view.byteOffset + offset, Math.min(length, view.byteLength - offset));
}

function readExif(view) {
  const little = text(view, 0, 2) === "II";
  const main = readTags(view, view.getUint32(4, little), little);
  const exif = tagsBehind(view, main.get(EXIF_IFD), little);
  const gps = tagsBehind(view, main.get(GPS_IFD), little);
  const latitudeDeg = degrees(gps.get(2), gps.get(1), "NS", 90);
  const longitudeDeg = degrees(gps.get(4), gps.get(3), "EW", 180);
  const known = latitudeDeg !== null && longitudeDeg !== null && !(latitudeDeg === 0 && longitudeDeg === 0);
  return {
    taken: takenAt(exif.get(TAKEN), exif.get(TAKEN_OFFSET)),
    latitudeDeg: known ? latitudeDeg : null,
    longitudeDeg: known ? longitudeDeg : null,
  };
}

function tagsBehind(view, pointer, little) {
  return typeof pointer?.[0] === "number" ? readTags(view, pointer[0], little) : new Map();
}

/** Tag number to its value: a text, or a list of numbers. */
function readTags(view, offset, little) {
  const tags = new Map();
  const count = Math.min(view.getUint16(offset, little), MOST_ENTRIES);
  for (let entry = 0; entry < count; entry += 1) {
    const at = offset + 2 + 12 * entry;
    const type = view.getUint16(at + 2, little);
    const values = view.getUint32(at + 4, little);
    const size = (BYTES_OF_TYPE[type] ?? 0) * values;
    if (!size || size > 1000) continue; // nothing that is looked for is as long
    const from = size <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (from + size > view.byteLength) continue;
    tags.set(view.getUint16(at, little), type === 2 ? text(view, from, values) : numbers(view, from, type, values, little));
  }
  return tags;
}

function numbers(view, from, type, count, little) {
  const step = BYTES_OF_TYPE[type];
  return Array.from({ length: count }, (_, index) => {
    const at = from + step * index;
    if (type === 5) return view.getUint32(at, little) / view.getUint32(at + 4, little);
    if (type === 10) return view.getInt32(at, little) / view.getInt32(at + 4, little);
    if (type === 3) return view.getUint16(at, little);
    if (type === 4) return view.getUint32(at, little);
    return view.getUint8(at);
  });
}

function takenAt(written, offset) {
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(plain(written));
  if (!found || Number(found[1]) < FIRST_YEAR) return null;
  const wall = `${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}`;
  const exact = new Date(`${wall}Z`);
  if (Number.isNaN(exact.getTime()) || exact.toISOString().slice(0, 19) !== wall) return null; // 31 February
  return { wall, offset: /^[+-](0\d|1[0-4]):[0-5]\d$/.test(plain(offset)) ? plain(offset) : "" };
}

function degrees(value, side, sides, largest) {
  const letter = plain(side).toUpperCase();
  if (!Array.isArray(value) || value.length !== 3 || letter.length !== 1 || !sides.includes(letter)) return null;
  const size = value[0] + value[1] / 60 + value[2] / 3600;
  if (!Number.isFinite(size) || size < 0 || size > largest) return null;
  return letter === sides[1] ? -size : size;
}

function plain(value) {
  return typeof value === "string" ? value.replace(/^[\0 ]+|[\0 ]+$/g, "") : "";
}

function text(view, offset, length) {
  const end = Math.min(offset + length, view.byteLength);
  let found = "";
  for (let at = offset; at < end; at += 1) found += String.fromCharCode(view.getUint8(at));
  return found;
}
