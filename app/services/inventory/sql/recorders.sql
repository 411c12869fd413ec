-- Cameras near the last-known locations of open cases whose recorders soon lose the time around them.
WITH wanted AS (
    SELECT k.id AS case_id, k.number AS case_number, k.timezone, l.label AS place, l.position,
           l.seen_at - CAST(:before AS interval) AS window_start,
           least(l.seen_at + CAST(:after AS interval), CAST(:now AS timestamptz)) AS window_end
    FROM last_known_locations l
    JOIN cases k ON k.id = l.case_id
    WHERE l.active AND k.id = ANY(:case_ids) AND k.legal_basis_expires_at > :now
      AND l.seen_at IS NOT NULL AND l.seen_at < :now
),
near AS (
    SELECT c.id AS camera_id, c.name AS camera_name, c.owner,
           c.stream_address IS NOT NULL AS has_stream,
           w.case_id, w.case_number, w.timezone, w.place,
           ST_Distance(c.position, w.position, false) AS distance_m,
           w.window_start, w.window_end,
           w.window_start + c.retention_hours * interval '1 hour' AS lost_from,
           w.window_end + c.retention_hours * interval '1 hour' AS lost_at
    FROM wanted w
    JOIN cameras c ON ST_DWithin(c.position, w.position, :radius_m, false)
    WHERE c.deleted_at IS NULL AND c.status NOT IN ('removed', 'planned')
      AND c.retention_hours > 0
      AND w.window_end + c.retention_hours * interval '1 hour' > :now
      AND w.window_start + c.retention_hours * interval '1 hour' <= :horizon_at
),
judged AS (
    SELECT near.*,
           least(1.0, coalesce(held.held_s, 0)
               / extract(epoch FROM near.window_end - near.window_start))::float8 AS held_share,
           asked.id AS request_id
    FROM near
    LEFT JOIN LATERAL (
        SELECT extract(epoch FROM sum(
            upper(span) - lower(span))) AS held_s
        FROM (
            SELECT unnest(range_agg(tstzrange(
                greatest(f.started_at, near.window_start),
                least(f.ended_at, near.window_end)))) AS span
            FROM footage f
            WHERE f.camera_id = near.camera_id AND f.removed_at IS NULL
              AND f.started_at < near.window_end AND f.ended_at > near.window_start
        ) AS spans
    ) AS held ON true
    LEFT JOIN LATERAL (
        SELECT r.id
        FROM footage_requests r
        JOIN footage_request_cameras rc ON rc.request_id = r.id
        WHERE rc.camera_id = near.camera_id AND r.case_id = near.case_id
          AND r.state IN ('requested', 'received')
          AND r.window_start < near.window_end AND r.window_end > near.window_start
        ORDER BY r.id DESC
        LIMIT 1
    ) AS asked ON true
),
picked AS (
    SELECT DISTINCT ON (case_id, camera_id) *
    FROM judged
    WHERE held_share < :held_share
    ORDER BY case_id, camera_id, window_start
)
SELECT picked.*, count(*) OVER () AS total
FROM picked
ORDER BY request_id IS NOT NULL, lost_from, distance_m, camera_id
LIMIT :limit OFFSET :offset
