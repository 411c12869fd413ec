-- One tile of what cameras see: `seen` (direction known), `perhaps` (it is not: the whole range all
-- round), `held` (footage of the window is at hand), and the streets that none of them sees.
-- Wedges are made on the Mercator plane, stretched by 1 / cos(latitude): true to a few centimetres
-- at the ranges of cameras.
WITH tile AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS area,
           ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS section
),
camera AS (
    SELECT id,
           headings_deg,
           least(coalesce(range_m, :range_m), :longest_m) / cos(radians(latitude_deg)) AS r,
           least(coalesce(field_of_view_deg, :width_deg), 360) AS width_deg,
           ST_Transform(position::geometry, 3857) AS stand,
           EXISTS (
               SELECT 1 FROM footage
               WHERE footage.camera_id = cameras.id AND removed_at IS NULL AND kind = 'file'
                 AND started_at < :window_end AND ended_at > :window_start
           ) AS held
    FROM cameras, tile
    WHERE deleted_at IS NULL AND status NOT IN ('removed', 'planned')
      AND position::geometry && section AND abs(latitude_deg) < 85
    LIMIT :most
),
view AS (
    SELECT held, TRUE AS sure,
           CASE WHEN width_deg >= 360 THEN ST_Buffer(stand, r, 12)
           ELSE ST_MakePolygon(ST_MakeLine(
               stand || ARRAY(
                   SELECT ST_SetSRID(ST_MakePoint(
                       ST_X(stand) + r * sin(radians(heading_deg + width_deg * (step / 12.0 - 0.5))),
                       ST_Y(stand) + r * cos(radians(heading_deg + width_deg * (step / 12.0 - 0.5)))
                   ), 3857)
                   FROM generate_series(0, 12) AS step
               ) || stand
           )) END AS shape
    FROM camera, unnest(headings_deg) AS heading_deg
    UNION ALL
    SELECT held, FALSE, ST_Buffer(stand, r, 12) FROM camera WHERE cardinality(headings_deg) = 0
),
shapes AS (
    SELECT 'perhaps' AS kind, ST_Union(shape) AS shape FROM view WHERE NOT sure
    UNION ALL
    SELECT 'seen', ST_Union(shape) FROM view WHERE sure
    UNION ALL
    SELECT 'held', ST_Union(shape) FROM view WHERE held
),
everything AS (
    SELECT coalesce(ST_Union(shape), ST_SetSRID('GEOMETRYCOLLECTION EMPTY'::geometry, 3857)) AS shape
    FROM shapes
),
coverage AS (
    SELECT kind, ST_AsMVTGeom(shape, area, :extent, 16, true) AS geom
    FROM shapes, tile
),
street AS (
    SELECT ST_Intersection(ST_Collect(ST_Transform(line, 3857)), area) AS line, area
    FROM roads, tile
    WHERE line && ST_Transform(area, 4326) AND street_class = ANY(:classes)
    GROUP BY area
),
unseen AS (
    SELECT line AS whole, ST_Difference(line, everything.shape) AS gap, area,
           cos(2 * atan(exp((ST_YMin(area) + ST_YMax(area)) / 2 / 6378137)) - pi() / 2) AS shrink
    FROM street, everything
),
gaps AS (
    SELECT ST_Length(whole) * shrink AS street_m, ST_Length(gap) * shrink AS gap_m,
           ST_AsMVTGeom(gap, area, :extent, 16, true) AS geom
    FROM unseen
)
SELECT
    (SELECT ST_AsMVT(coverage, 'coverage', :extent, 'geom') FROM coverage WHERE geom IS NOT NULL),
    (SELECT ST_AsMVT(gaps, 'gaps', :extent, 'geom') FROM gaps WHERE geom IS NOT NULL)
