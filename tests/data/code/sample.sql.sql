-- Things.
CREATE TABLE items (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE INDEX items_by_name ON items (name);

CREATE VIEW cheap AS SELECT id FROM items;

CREATE FUNCTION twice(x INTEGER) RETURNS INTEGER AS $$ SELECT 2 * x; $$ LANGUAGE SQL;

SELECT id FROM items WHERE name = 'box';
