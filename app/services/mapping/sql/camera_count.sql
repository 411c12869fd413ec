-- How many cameras lie in a tile, counted up to a limit.
SELECT count(*)
FROM (
    SELECT 1
    FROM cameras
    WHERE deleted_at IS NULL
      AND position::geometry && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    LIMIT :most
) AS counted
