"""How different two words are."""


def edit_distance(first: str, second: str, most: int, *, swaps: bool) -> int:
    """Characters to insert, delete, replace or (``swaps``) change with their neighbour, none of them twice.

    More than ``most`` may be told as any greater number.
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        current = [i]
        for j, b in enumerate(second, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if swaps and i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, row = row, current
    return row[-1]
