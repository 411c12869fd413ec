// Playback: a moment that moves by itself, by a slider, or by keys.

const SPEEDS = [1, 10, 60, 300, 1200, 3600, 14_400, 86_400];
const WANTED_PLAY_S = 45;
const STEPS = 400;
const SAID_EVERY_MS = 900;

export class Player {
  /** `elements`: slider, play, speed, previous, next. `onMoment(ms, isPlaying)` is told of every move. */
  constructor(model, elements, { describe, onMoment }) {
    this._model = model;
    this._elements = elements;
    this._describe = describe;
    this._onMoment = onMoment;
    this._saidAt = 0;
    this.playing = false;
    this.momentMs = model.startMs;
    this._fillSpeeds();
    this._listen();
    this.go(this.momentMs);
  }

  get speed() {
    return Number(this._elements.speed.value);
  }

  go(momentMs) {
    const { startMs, endMs } = this._model;
    this.momentMs = Math.min(endMs, Math.max(startMs, momentMs));
    this._show();
    this._onMoment(this.momentMs, this.playing);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.momentMs >= this._model.endMs) this.go(this._model.startMs);
    this.playing = true;
    this._last = performance.now();
    this._showPlaying();
    requestAnimationFrame((now) => this._tick(now));
  }

  pause() {
    this.playing = false;
    this._showPlaying();
    this.go(this.momentMs);
  }

  next() {
    this.go(this._model.nextStop(this.momentMs).atMs);
  }

  previous() {
    this.go(this._model.previousStop(this.momentMs).atMs);
  }

  /** `steps` of a four-hundredth of the whole; negative ones go back. */
  step(steps) {
    this.go(this.momentMs + (steps * this._model.spanMs) / STEPS);
  }

  changeSpeed(by) {
    const { speed } = this._elements;
    speed.selectedIndex = Math.min(speed.options.length - 1, Math.max(0, speed.selectedIndex + by));
  }

  _tick(now) {
    if (!this.playing) return;
    const passedMs = (now - this._last) * this.speed;
    this._last = now;
    this.go(this.momentMs + passedMs);
    if (this.momentMs >= this._model.endMs) this.pause();
    else requestAnimationFrame((later) => this._tick(later));
  }

  _fillSpeeds() {
    const { speed } = this._elements;
    const fitting = this._model.spanMs / 1000 / WANTED_PLAY_S;
    const chosen = SPEEDS.find((one) => one >= fitting) ?? SPEEDS.at(-1);
    for (const one of SPEEDS) {
      speed.add(new Option(`${words(one)} a second`, one, one === chosen, one === chosen));
    }
  }

  _listen() {
    const { slider, play, previous, next } = this._elements;
    slider.max = STEPS;
    slider.addEventListener("input", () => {
      this.go(this._model.startMs + (Number(slider.value) / STEPS) * this._model.spanMs);
    });
    slider.addEventListener("keydown", (event) => {
      const move = { PageDown: () => this.previous(), PageUp: () => this.next() }[event.key];
      if (!move) return;
      event.preventDefault();
      move();
    });
    play.addEventListener("click", () => this.toggle());
    previous.addEventListener("click", () => this.previous());
    next.addEventListener("click", () => this.next());
  }

  _show() {
    const { slider } = this._elements;
    slider.value = ((this.momentMs - this._model.startMs) / this._model.spanMs) * STEPS;
    // A screen reader that is told sixty times a second says nothing at all.
    const now = performance.now();
    if (this.playing && now - this._saidAt < SAID_EVERY_MS) return;
    this._saidAt = now;
    slider.setAttribute("aria-valuetext", this._describe(this.momentMs));
  }

  _showPlaying() {
    const { play } = this._elements;
    play.dataset.playing = String(this.playing);
    play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }
}

function words(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${seconds / 60} min`;
  return seconds < 86_400 ? `${seconds / 3600} h` : `${seconds / 86_400} d`;
}
