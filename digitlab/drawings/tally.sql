-- How many drawings of each label there are, how many of them a network had read, and how many of
-- these it had read right.
SELECT
    label,
    COUNT(*) AS kept,
    COUNT(digit) AS read,
    COALESCE(
        SUM(CASE WHEN label IS NULL THEN NOT is_digit ELSE digit = label END), 0
    ) AS "right"
FROM drawings
GROUP BY label
ORDER BY label IS NULL, label
