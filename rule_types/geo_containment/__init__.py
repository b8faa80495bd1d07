"""The rule type ``.geo-containment``: which tracked entities are inside which boundaries."""
