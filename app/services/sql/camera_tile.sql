-- One tile of cameras: each of them, or their counts in a grid of cells across the tile.
-- A camera belongs to exactly one tile and cell: the western and northern edges are inside.
WITH tile AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS area,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.001), 4326) AS section
),
placed AS (
    SELECT id, name, status, kind, headings_deg, field_of_view_deg, range_m,
           latitude_deg, longitude_deg, area,
           6378137 * radians(longitude_deg) AS x_m,
           6378137 * ln(tan(pi() / 4
               + radians(greatest(-85.05, least(85.05, latitude_deg))) / 2)) AS y_m
    FROM cameras, tile
    WHERE deleted_at IS NULL AND position::geometry && section
),
inside AS (
    SELECT placed.*,
           (x_m - ST_XMin(area)) / (ST_XMax(area) - ST_XMin(area)) AS east,
           (ST_YMax(area) - y_m) / (ST_YMax(area) - ST_YMin(area)) AS south
    FROM placed
    WHERE x_m >= ST_XMin(area) AND x_m < ST_XMax(area)
      AND y_m > ST_YMin(area) AND y_m <= ST_YMax(area)
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
