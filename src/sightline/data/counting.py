"""Numbers with their nouns, as messages say them."""

__all__ = ["count"]


def count(number: int, noun: str) -> str:
    """A number and its noun.

    Example:
        >>> count(1, "row"), count(1200, "row"), count(2, "series")
        ('1 row', '1,200 rows', '2 series')
    """
    return f"{number:,} {noun}" if number == 1 or noun.endswith("series") else f"{number:,} {noun}s"
