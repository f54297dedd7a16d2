"""The kinds of phrase of the demo: each draws an English phrase and writes it in Italian.

Both sides come from the tables of the Unicode Common Locale Data Repository (CLDR), read through `babel`, and numbers
in words from `num2words`. An English phrase has one Italian form. What that takes:

- Numeric dates are American, month first, on the English side: "3/4/2022" is "04/03/2022" in Italian.
- Widths are kept: full gives full, abbreviated gives abbreviated. "May 3, 2022" is taken as full.
- English may write a time, an ordinal date or a number in several ways; Italian always in CLDR's way, on 24 hours.

Quantities are 2 or more: below, babel mixes singular and plural.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from random import Random
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_interval, format_time, format_timedelta, get_datetime_format
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit
from num2words import num2words

__all__ = ["KINDS", "Kind", "Pair"]

Pair = tuple[str, str]
Kind = Callable[[Random], Pair]

US, GB, IT = (Locale.parse(name) for name in ("en_US", "en_GB", "it_IT"))

FIRST_DAY, LAST_DAY = date(1900, 1, 1).toordinal(), date(2099, 12, 31).toordinal()
# Patterns of babel with a place for the day or year, which is put in as quoted text.
ORDINAL_DATES = ("MMMM {day}, y", "{day} MMMM y", "'the' {day} 'of' MMMM y")
SPOKEN_DATES = ("MMMM {day}, {year}", "'the' {day} 'of' MMMM, {year}")
CLOCKS = ((US, "h:mm a"), (GB, "h:mm a"), (US, "h:mm B"), (US, "h a"))

CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "CAD")
# Long and short names differ in English for all of these, so that the width is seen.
UNITS = (
    *("length-kilometer", "length-meter", "length-centimeter", "length-mile", "length-foot", "length-inch"),
    *("mass-kilogram", "mass-gram", "mass-pound", "mass-ounce", "volume-liter", "volume-gallon"),
    *("area-square-meter", "area-hectare", "speed-kilometer-per-hour", "speed-mile-per-hour"),
    *("temperature-celsius", "power-kilowatt", "digital-gigabyte", "energy-calorie"),
)
TimeUnit = Literal["second", "minute", "hour", "day", "week", "month", "year"]
# babel counts a month as 30 days and a year as 365.
SECONDS: dict[TimeUnit, int] = {
    **{"second": 1, "minute": 60, "hour": 3600},
    **{"day": 86400, "week": 7 * 86400, "month": 30 * 86400, "year": 365 * 86400},
}


def _day(rng: Random) -> date:
    return date.fromordinal(rng.randint(FIRST_DAY, LAST_DAY))


def _number(rng: Random, most_digits: int) -> int:
    """A whole number of at least 2, each count of digits as likely as another."""
    digits = rng.randint(1, most_digits)
    return rng.randrange(max(2, 10 ** (digits - 1)), 10**digits)


def _decimal(rng: Random, most_digits: int, places: int) -> Decimal:
    return _number(rng, most_digits) + Decimal(rng.randrange(10**places)).scaleb(-places)


def _both(write: Callable[[Locale], str], english: Locale = US) -> Pair:
    return write(english), write(IT)


def _in_words(rng: Random, value: int, form: Literal["cardinal", "ordinal"]) -> str:
    """British words as num2words has them, or American ones, without "and" and commas."""
    words = num2words(value, to=form)
    return rng.choice((words, words.replace(" and ", " ").replace(",", "")))


# Dates


def _english_date(rng: Random, day: date, width: Literal["full", "long"]) -> str:
    if rng.random() < 0.5:
        return format_date(day, width, rng.choice((US, GB)))
    ordinal = num2words(day.day, to="ordinal_num")
    weekday = "EEEE, " if width == "full" else ""
    return format_date(day, weekday + rng.choice(ORDINAL_DATES).format(day=f"'{ordinal}'"), US)


def _full_date(rng: Random) -> Pair:
    day = _day(rng)
    return _english_date(rng, day, "full"), format_date(day, "full", IT)


def _long_date(rng: Random) -> Pair:
    day = _day(rng)
    return _english_date(rng, day, "long"), format_date(day, "long", IT)


def _abbreviated_date(rng: Random) -> Pair:
    """Without a weekday nothing tells an abbreviated May from a full one: the weekday stays in May."""
    day, english = _day(rng), rng.choice((US, GB))
    if day.month != 5 and rng.random() < 0.5:
        return _both(lambda where: format_date(day, "medium", where), english)
    return _both(lambda where: format_date(day, where.datetime_skeletons["yMMMEd"], where), english)


def _numeric_date(rng: Random) -> Pair:
    day = _day(rng)
    skeleton = rng.choice(("yMd", "yMEd"))
    return _both(lambda where: format_date(day, where.datetime_skeletons[skeleton], where))


def _spoken_date(rng: Random) -> Pair:
    day = _day(rng)
    ordinal, year = num2words(day.day, to="ordinal"), num2words(day.year, to="year")
    pattern = rng.choice(SPOKEN_DATES).format(day=f"'{ordinal}'", year=f"'{year}'")
    return format_date(day, pattern, US), format_date(day, "long", IT)


def _month_span(rng: Random) -> Pair:
    year = rng.randint(1900, 2099)
    years = (year, rng.choice((year, rng.randint(1900, 2099))))
    first, last = sorted(date(year, rng.randint(1, 12), 1) for year in years)
    return _both(lambda where: format_interval(first, last, "yMMMM", locale=where))


# Times


def _clock(rng: Random) -> Pair:
    locale, pattern = rng.choice(CLOCKS)
    moment = time(rng.randrange(24), rng.randrange(60) if "mm" in pattern else 0)
    return format_time(moment, pattern, locale=locale), format_time(moment, "short", locale=IT)


def _clock_with_seconds(rng: Random) -> Pair:
    moment = time(rng.randrange(24), rng.randrange(60), rng.randrange(60))
    return _both(lambda where: format_time(moment, "medium", locale=where))


def _time_span(rng: Random) -> Pair:
    """CLDR says AM or PM once for two times of the same half day: "9:15 - 11:30 AM"."""
    first, last = sorted(time(rng.randrange(24), rng.randrange(60)) for _ in range(2))
    return format_interval(first, last, "hm", locale=rng.choice((US, GB))), format_interval(
        first, last, "Hm", locale=IT
    )


def _date_and_time(rng: Random) -> Pair:
    english_date, italian_date = rng.choice((_full_date, _long_date, _numeric_date))(rng)
    english_time, italian_time = _clock(rng)
    english = english_date + rng.choice((", ", " at ")) + english_time
    return english, str(get_datetime_format("medium", IT)).format(italian_time, italian_date)


def _duration(rng: Random) -> Pair:
    hours, minutes, seconds = rng.randint(2, 99), rng.randint(2, 59), rng.randint(2, 59)
    parts = [(hours, "duration-hour"), (minutes, "duration-minute"), (seconds, "duration-second")]
    parts.pop(rng.randrange(3))
    return _both(
        lambda where: format_list(
            [format_unit(count, unit, "long", locale=where) for count, unit in parts], locale=where
        )
    )


def _relative_time(rng: Random) -> Pair:
    unit = rng.choice(tuple(SECONDS))
    distance = timedelta(seconds=rng.choice((-1, 1)) * _number(rng, 3) * SECONDS[unit])
    # The threshold keeps the unit: 90 minutes stay minutes.
    return _both(
        lambda where: format_timedelta(distance, unit, threshold=1e9, add_direction=True, locale=where),
    )


# Numbers


def _digits(rng: Random) -> Pair:
    value = _decimal(rng, most_digits=7, places=rng.randint(0, 3))
    return _both(lambda where: format_decimal(value, locale=where))


def _cardinal(rng: Random) -> Pair:
    value = _number(rng, 6)
    return _in_words(rng, value, "cardinal"), num2words(value, lang="it")


def _ordinal(rng: Random) -> Pair:
    value = _number(rng, 4)
    return _in_words(rng, value, "ordinal"), num2words(value, to="ordinal", lang="it")


def _decimal_in_words(rng: Random) -> Pair:
    """One decimal only: more are read digit by digit in English, as a number in Italian."""
    # A float: the Italian num2words drops the decimals of a Decimal.
    value = float(f"{_number(rng, 3)}.{rng.randint(1, 9)}")
    return num2words(value), num2words(value, lang="it")


def _percentage(rng: Random) -> Pair:
    value = _decimal(rng, most_digits=3, places=rng.randint(0, 2))
    if rng.random() < 0.5:
        pattern = "#,##0.##%"
        return _both(lambda where: format_percent(value / 100, pattern, locale=where))
    return _both(lambda where: format_unit(value, "concentr-percent", "long", locale=where))


def _measure(rng: Random) -> Pair:
    value, unit, width = _decimal(rng, 4, rng.randint(0, 1)), rng.choice(UNITS), rng.choice(("long", "short"))
    return _both(lambda where: format_unit(value, unit, width, locale=where))


# Prices


def _price(rng: Random) -> Pair:
    value, currency = _decimal(rng, most_digits=5, places=2), rng.choice(CURRENCIES)
    pattern = rng.choice((None, "¤¤ #,##0.00"))
    return format_currency(value, currency, pattern, locale=US), format_currency(value, currency, locale=IT)


def _named_price(rng: Random) -> Pair:
    value, currency = _decimal(rng, most_digits=5, places=2), rng.choice(CURRENCIES)
    return _both(lambda where: format_currency(value, currency, locale=where, format_type="name"))


def _price_in_words(rng: Random) -> Pair:
    value = _number(rng, 3) + Decimal(rng.randint(1, 99)).scaleb(-2)
    currency = rng.choice(("USD", "EUR"))
    english = num2words(value, to="currency", currency=currency, separator=" and")
    return english, num2words(value, to="currency", currency=currency, lang="it", separator=" e")


KINDS: tuple[Kind, ...] = (
    _full_date,
    _long_date,
    _abbreviated_date,
    _numeric_date,
    _spoken_date,
    _month_span,
    _clock,
    _clock_with_seconds,
    _time_span,
    _date_and_time,
    _duration,
    _relative_time,
    _digits,
    _cardinal,
    _ordinal,
    _decimal_in_words,
    _percentage,
    _measure,
    _price,
    _named_price,
    _price_in_words,
)
"""The kinds of phrase, each as likely as another; small kinds run out of new phrases in a large draw."""
