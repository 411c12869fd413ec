// Grouping points that would overlap: greedy, by a grid of cells as wide as the distance.

/**
 * `points` are { x, y, … } in pixels. Returns groups { x, y, members }, whose position is the mean
 * of their members. Order decides, so equal input gives equal groups.
 */
export function cluster(points, distancePx) {
  const cells = new Map();
  const groups = [];
  for (const point of points) {
    const column = Math.floor(point.x / distancePx);
    const row = Math.floor(point.y / distancePx);
    const near = nearest(cells, column, row, point, distancePx);
    if (near) {
      join(near, point);
      continue;
    }
    const group = { x: point.x, y: point.y, members: [point] };
    groups.push(group);
    const key = `${column}:${row}`;
    if (cells.has(key)) cells.get(key).push(group);
    else cells.set(key, [group]);
  }
  return groups;
}

function nearest(cells, column, row, point, distancePx) {
  let best = null;
  let bestSquared = distancePx * distancePx;
  for (let c = column - 1; c <= column + 1; c += 1) {
    for (let r = row - 1; r <= row + 1; r += 1) {
      for (const group of cells.get(`${c}:${r}`) ?? []) {
        const squared = (group.members[0].x - point.x) ** 2 + (group.members[0].y - point.y) ** 2;
        if (squared < bestSquared) {
          best = group;
          bestSquared = squared;
        }
      }
    }
  }
  return best;
}

function join(group, point) {
  group.members.push(point);
  const count = group.members.length;
  group.x += (point.x - group.x) / count;
  group.y += (point.y - group.y) / count;
}
