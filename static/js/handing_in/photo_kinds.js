// What a chosen file is, told by its first bytes as the server does (recognition/images.py), so that nobody
// sends a video for minutes only to be told that it is none that can be used.

const HEAD_BYTES = 12;
const HEIF_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif"]);

/** "photo"; "convertible": of a kind that the server does not read and this browser does; "HEIC"; "video"; "other". */
export async function kindOf(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer().catch(() => new ArrayBuffer(0)));
  const text = String.fromCharCode(...head);
  if (isPhoto(head, text)) return "photo";
  if (text.slice(4, 8) === "ftyp" && HEIF_BRANDS.has(text.slice(8, 12))) return (await isShown(file)) ? "convertible" : "HEIC";
  if (file.type.startsWith("video/") || text.slice(4, 8) === "ftyp") return "video";
  return "other";
}

/** Why a file of this kind cannot be sent, and what to do instead; empty for one that can. */
export function whyNot(file, kind) {
  if (kind === "video") return `“${file.name}” is a video. Pause it where the face is seen best and send a screenshot.`;
  if (kind === "HEIC") {
    return `“${file.name}” is a HEIC photo, which cannot be read here. Send a screenshot of it; or take it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible).`;
  }
  if (kind === "other") return `“${file.name}” is not a photo. JPEG, PNG, WebP and TIFF can be read.`;
  return "";
}

function isPhoto(head, text) {
  const isJpeg = head[0] === 0xff && head[1] === 0xd8;
  const isTiff = text.startsWith("II*\0") || text.startsWith("MM\0*") || text.startsWith("II+\0") || text.startsWith("MM\0+");
  return isJpeg || isTiff || text.startsWith("\x89PNG") || (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP");
}

async function isShown(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  bitmap?.close();
  return bitmap !== null;
}
