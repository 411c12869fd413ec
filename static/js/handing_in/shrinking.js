// Large JPEG photos are made smaller in the browser before they are sent: a slow phone then sends
// a megabyte and not eight. To the same side length as the server keeps (contributed_photos.py).
// Of what the file told beside the picture, only the time and the place are written anew, and only
// what is wanted: the rest never leaves the phone.

import { kindOf } from "./photo_kinds.js";
import { readOrigin } from "./photo_origin.js";

const WORTH_IT_BYTES = 1.5e6;
const LONGEST_SIDE_PX = 3200; // what smaller ones lose: make bench-shrinking
const MOST_PIXELS = 50e6; // a phone has no memory for more
const QUALITY = 0.92;
const ASCII = 2;
const LONG = 4;
const RATIONAL = 5;

/** The photo as it is sent; the file itself where shrinking would gain nothing or fails. */
export async function shrunk(file, keep, longestSidePx = LONGEST_SIDE_PX) {
  const isForeign = (await kindOf(file)) === "convertible"; // HEIC, where the browser knows it
  if (!isForeign && (file.type !== "image/jpeg" || file.size < WORTH_IT_BYTES)) return file;
  const origin = await readOrigin(file);
  const picture = await draw(file, longestSidePx).catch(() => null); // a broken file is refused by the server, in words
  if (!picture || (!isForeign && picture.size >= file.size)) return file;
  const exif = exifOf(keep.time ? origin.taken : null, keep.place && origin.latitudeDeg !== null ? origin : null);
  const bytes = exif ? [picture.slice(0, 2), exif, picture.slice(2)] : [picture];
  return new File(bytes, "photo.jpg", { type: "image/jpeg" });
}

/** The picture upright, as JPEG without anything beside it. */
async function draw(file, longestSidePx) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  if (bitmap.width * bitmap.height > MOST_PIXELS) return null;
  const scale = Math.min(1, longestSidePx / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

/** An APP1 segment with time and place; null with neither. */
function exifOf(taken, place) {
  if (!taken && !place) return null;
  const parts = [];
  if (taken) {
    parts.push([0x8769, [
      [0x9003, ASCII, `${taken.wall.replaceAll("-", ":").replace("T", " ")}\0`],
      ...(taken.offset ? [[0x9011, ASCII, `${taken.offset}\0`]] : []),
    ]]);
  }
  if (place) {
    parts.push([0x8825, [
      [1, ASCII, place.latitudeDeg < 0 ? "S\0" : "N\0"],
      [2, RATIONAL, sexagesimal(place.latitudeDeg)],
      [3, ASCII, place.longitudeDeg < 0 ? "W\0" : "E\0"],
      [4, RATIONAL, sexagesimal(place.longitudeDeg)],
    ]]);
  }
  return segment(tiffOf(parts));
}

function sexagesimal(degrees) {
  const all = Math.round(Math.abs(degrees) * 3600 * 1e4); // ten-thousandths of a second: 3 mm
  return [[Math.floor(all / 36e6), 1], [Math.floor(all / 6e5) % 60, 1], [all % 6e5, 1e4]];
}

/** A little-endian TIFF whose first directory only points to the given ones, in order of their tags. */
function tiffOf(parts) {
  const view = new DataView(new ArrayBuffer(600));
  view.setUint32(0, 0x49492a00); // "II*\0"
  view.setUint32(4, 8, true);
  let next = 8 + 2 + 12 * parts.length + 4;
  view.setUint16(8, parts.length, true);
  parts.forEach(([pointer, tags], index) => {
    entry(view, 10 + 12 * index, pointer, LONG, 1).setUint32(18 + 12 * index, next, true);
    next = directory(view, next, tags);
  });
  return new Uint8Array(view.buffer, 0, next);
}

/** Write a directory; where the next one may begin. */
function directory(view, at, tags) {
  let data = at + 2 + 12 * tags.length + 4;
  view.setUint16(at, tags.length, true);
  tags.forEach(([tag, type, value], index) => {
    const here = at + 2 + 12 * index;
    entry(view, here, tag, type, value.length);
    const size = value.length * (type === RATIONAL ? 8 : 1);
    const into = size <= 4 ? here + 8 : data;
    if (size > 4) {
      view.setUint32(here + 8, data, true);
      data += size + (size % 2);
    }
    if (type === ASCII) for (let i = 0; i < value.length; i += 1) view.setUint8(into + i, value.charCodeAt(i));
    else value.forEach(([above, below], i) => {
      view.setUint32(into + 8 * i, above, true);
      view.setUint32(into + 8 * i + 4, below, true);
    });
  });
  return data;
}

function entry(view, at, tag, type, count) {
  view.setUint16(at, tag, true);
  view.setUint16(at + 2, type, true);
  view.setUint32(at + 4, count, true);
  return view;
}

function segment(tiff) {
  const length = tiff.length + 8; // with the length itself and "Exif\0\0"
  const head = [0xff, 0xe1, length >>> 8, length & 255, 0x45, 0x78, 0x69, 0x66, 0, 0];
  return Uint8Array.from([...head, ...tiff]);
}
