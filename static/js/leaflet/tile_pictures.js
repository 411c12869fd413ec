// What a tile holds, drawn once into a canvas of its own: while tiles arrive and the map is dragged,
// thousands of dots are a few pictures that are only put together.

import { pixelRatio } from "./view_canvas.js";

const MARGIN_PX = 8; // what stands on a tile's edge reaches over it

export class TilePictures {
  constructor() {
    this._kept = new Map(); // a tile's content → { key, colours, canvas }
    this._before = new Map();
  }

  /** Begin a drawing. Pictures that it does not use are forgotten, as they are large. */
  begin() {
    this._before = this._kept;
    this._kept = new Map();
  }

  /**
   * Put the picture of `item` (of VectorTiles.cover, not clipped) into `context`. It is made anew by
   * `paint(context)`, in pixels from the tile's corner, if `key`, the colours or the tile have changed.
   */
  put(context, item, key, colours, paint) {
    const ratio = pixelRatio();
    const whole = `${item.size} ${ratio} ${key}`;
    let picture = this._kept.get(item.content) ?? this._before.get(item.content);
    if (picture?.key !== whole || picture.colours !== colours) {
      picture = { key: whole, colours, canvas: painted(item.size, ratio, paint) };
    }
    this._kept.set(item.content, picture);
    const { canvas } = picture;
    const onGrid = (at) => Math.round((at - MARGIN_PX) * ratio) / ratio; // between pixels it would blur
    context.drawImage(canvas, onGrid(item.x), onGrid(item.y), canvas.width / ratio, canvas.height / ratio);
  }
}

function painted(size, ratio, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil((size + 2 * MARGIN_PX) * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, MARGIN_PX * ratio, MARGIN_PX * ratio);
  paint(context);
  return canvas;
}
