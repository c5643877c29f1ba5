"""Lanes of waiting work: rows that differ in nothing but their age."""

from typing import Final

# The beginning of a query. From lane to lane by the index of what is ready: one step each, however
# many rows lie between.
LANES: Final = """
    WITH RECURSIVE lane (queue, priority, target) AS (
        (SELECT queue, priority, coalesce(target, '') FROM work_items
         WHERE state = 'waiting' AND NOT parked
         ORDER BY queue, priority, coalesce(target, '') LIMIT 1)
        UNION ALL
        SELECT next.* FROM lane CROSS JOIN LATERAL (
            SELECT queue, priority, coalesce(target, '') FROM work_items AS item
            WHERE item.state = 'waiting' AND NOT item.parked
              AND (item.queue, item.priority, coalesce(item.target, ''))
                  > (lane.queue, lane.priority, lane.target)
            ORDER BY queue, priority, coalesce(target, '') LIMIT 1) AS next)
"""
