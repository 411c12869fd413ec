-- One tile of cameras: each of them, or their counts in a grid of cells across the tile.
-- A camera belongs to exactly one tile and cell: the western and northern edges are inside.
-- That is decided in tile numbers, which neighbouring tiles compute alike to the last bit.
WITH tile AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS area,
           ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS section,
           (1 << :z)::double precision AS tiles_across
),
placed AS (
    SELECT id, name, status, kind, headings_deg, field_of_view_deg, range_m,
           latitude_deg, longitude_deg, area,
           least((longitude_deg + 180) / 360 * tiles_across, tiles_across - 1e-9) - :x AS east,
           (0.5 - ln(tan(pi() / 4 + radians(greatest(-85.05, least(85.05, latitude_deg))) / 2))
               / (2 * pi())) * tiles_across - :y AS south
    FROM cameras, tile
    WHERE deleted_at IS NULL AND position::geometry && section
),
inside AS (
    SELECT placed.*,
           ST_XMin(area) + east * (ST_XMax(area) - ST_XMin(area)) AS x_m,
           ST_YMax(area) - south * (ST_YMax(area) - ST_YMin(area)) AS y_m
    FROM placed
    WHERE east >= 0 AND east < 1 AND south >= 0 AND south < 1
),
each_camera AS (
    SELECT id, name, status, kind, array_to_string(headings_deg, ',') AS headings,
           field_of_view_deg AS width, range_m AS range,
           ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(x_m, y_m), 3857), area, :extent, 0, false) AS geom
    FROM inside
    WHERE :each
    ORDER BY id
),
clusters AS (
    SELECT count(*) AS count,
           CASE WHEN count(*) = 1 THEN min(id) END AS id,
           CASE WHEN count(*) = 1 THEN min(name) END AS name,
           CASE WHEN count(*) = 1 THEN min(status) END AS status,
           min(longitude_deg) AS west, min(latitude_deg) AS south,
           max(longitude_deg) AS east, max(latitude_deg) AS north,
           ST_AsMVTGeom(ST_SetSRID(ST_MakePoint(avg(x_m), avg(y_m)), 3857),
                        ST_TileEnvelope(:z, :x, :y), :extent, 0, false) AS geom
    FROM inside
    WHERE NOT :each
    GROUP BY floor(:cells * east), floor(:cells * south)
)
SELECT
    (SELECT ST_AsMVT(each_camera, 'cameras', :extent, 'geom') FROM each_camera),
    (SELECT ST_AsMVT(clusters, 'clusters', :extent, 'geom') FROM clusters)
