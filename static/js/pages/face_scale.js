// Faces side by side at one scale: each picture is drawn so that its face takes the same share of
// its frame's height. Sizes are in per cent of the frame, so they hold when the page is resized.

const FACE_SHARE = 0.55;

for (const image of document.querySelectorAll("img[data-face-px]")) {
  if (image.complete) fit(image);
  else image.addEventListener("load", () => fit(image));
}

function fit(image) {
  const facePx = Number(image.dataset.facePx);
  if (!(facePx > 0) || !image.naturalWidth) return;
  const percentPerPx = (100 * FACE_SHARE) / facePx;
  const centreX = Number(image.dataset.centreX ?? image.naturalWidth / 2);
  const centreY = Number(image.dataset.centreY ?? image.naturalHeight / 2);
  image.classList.add("scaled");
  image.style.width = `${image.naturalWidth * percentPerPx}%`;
  image.style.left = `${50 - centreX * percentPerPx}%`;
  image.style.top = `${50 - centreY * percentPerPx}%`;
}
