-- A load for the bench: tables filled, indexed, joined, searched and updated in memory.
CREATE TABLE item (id INTEGER PRIMARY KEY, shelf INTEGER, name TEXT, price REAL);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
INSERT INTO item SELECT i, i * 7919 % 1013, 'item ' || (i * 31 % 10007), i % 977 / 10.0 FROM n;
CREATE INDEX item_shelf ON item (shelf);
CREATE INDEX item_name ON item (name);
SELECT shelf, count(*), sum(price), max(name) FROM item GROUP BY shelf ORDER BY 3 DESC LIMIT 3;
SELECT count(*) FROM item a JOIN item b ON b.name = a.name AND b.shelf > a.shelf WHERE a.id < 20000;
SELECT count(*) FROM item WHERE name LIKE '%77%' AND price BETWEEN 10 AND 60;
UPDATE item SET price = price * 1.1 WHERE shelf % 3 = 0;
SELECT name, row_number() OVER (PARTITION BY shelf ORDER BY price DESC) AS place FROM item
	ORDER BY place, name LIMIT 3;
DELETE FROM item WHERE id % 5 = 0;
SELECT count(DISTINCT name) FROM item;
