"""Where the subject was: last-known locations, routes, the timeline and the names of places."""
