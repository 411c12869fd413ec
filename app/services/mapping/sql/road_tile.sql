-- One tile of streets and named places.
-- Streets of one name and class are joined before they are cut to the tile: fewer, longer lines,
-- and a name that finds room. Simplified by half a unit of the tile, which no eye can see.
WITH tile AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS area,
           ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS section,
           40075016.686 / (1 << :z) / :extent AS unit_m
),
joined AS (
    SELECT CASE WHEN :named THEN name ELSE '' END AS name, street_class,
           ST_Transform(ST_LineMerge(ST_Collect(line)), 3857) AS line
    FROM roads, tile
    WHERE line && section AND street_class = ANY(:classes)
    GROUP BY 1, 2
),
streets AS (
    SELECT name, street_class AS class,
           ST_AsMVTGeom(ST_Simplify(line, unit_m / 2, true), area, :extent, 96, true) AS geom
    FROM joined, tile
),
named_places AS (
    SELECT name, kind,
           ST_AsMVTGeom(ST_Transform(position::geometry, 3857), area, :extent, 96, true) AS geom
    FROM places, tile
    WHERE position::geometry && section AND kind = ANY(:kinds)
    ORDER BY id
)
SELECT
    (SELECT ST_AsMVT(streets, 'streets', :extent, 'geom') FROM streets WHERE geom IS NOT NULL),
    (SELECT ST_AsMVT(named_places, 'places', :extent, 'geom')
     FROM named_places WHERE geom IS NOT NULL)
