// The case's clock, which also knows how far it is ahead of UTC, for whole hours on the time axis.

import { CaseClock } from "../leaflet/times.js";

export class TimelineClock extends CaseClock {
  offsetMs(momentMs) {
    return this._offsetMs(new Date(momentMs));
  }
}
