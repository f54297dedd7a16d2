"""Numbers and times of the demo, against rules of grammar written apart from the libraries behind it."""

import importlib
import re
import sys
from pathlib import Path
from random import Random

sys.path.append(str(Path(__file__).parents[2] / "demo"))
phrases = importlib.import_module("phrases")
kinds = importlib.import_module("phrase_kinds")

ITALIAN = (
    *("", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "undici", "dodici"),
    *("tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove"),
)
ITALIAN_TENS = ("", "", "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta")
ITALIAN_ORDINALS = ("", "primo", "secondo", "terzo", "quarto", "quinto", "sesto", "settimo", "ottavo", "nono", "decimo")
ENGLISH = (
    *("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# Endings of English ordinals and of the cardinals they come from, the first that fits.
ORDINAL_ENDINGS = {
    **{"first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine"},
    **{"twelfth": "twelve", "ieth": "y", "th": ""},
}


def italian_words(value: int) -> str:
    """Grammar-book Italian below a million: elision before uno and otto, accent on a final tre of a compound."""
    thousands, rest = divmod(value, 1000)
    text = "" if thousands == 0 else "mille" if thousands == 1 else hundreds_in_italian(thousands) + "mila"
    text += hundreds_in_italian(rest)
    return text[:-1] + "é" if text.endswith("tre") and text != "tre" else text


def hundreds_in_italian(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    text = "" if hundreds == 0 else ("" if hundreds == 1 else ITALIAN[hundreds]) + "cento"
    if rest in (8, *range(80, 90)):
        text = text.removesuffix("o")
    if rest < 20:
        return text + ITALIAN[rest]
    ten, unit = divmod(rest, 10)
    tens = ITALIAN_TENS[ten][:-1] if unit in (1, 8) else ITALIAN_TENS[ten]
    return text + tens + ITALIAN[unit]


def english_value(words: str) -> int:
    """Read a whole number back from its English words."""
    total = current = 0
    for word in re.findall(r"[a-z]+", words):
        if word == "thousand":
            total, current = current * 1000, 0
        elif word == "hundred":
            current *= 100
        elif word in ENGLISH_TENS:
            current += 10 * ENGLISH_TENS.index(word)
        elif word != "and":
            current += ENGLISH.index(word)
    return total + current


def italian_ordinal(value: int) -> str:
    """-tre and -sei keep their vowel before -esimo, other numbers lose it; thousands end in -millesimo."""
    if value <= 10:
        return ITALIAN_ORDINALS[value]
    if value % 100 == 10:
        return italian_words(value).removesuffix("dieci") + "decimo"
    word = italian_words(value).replace("é", "e")
    if value % 1000 == 0:
        return re.sub("mil(le|a)$", "millesimo", word)
    keeps_vowel = value % 10 in (3, 6) and value % 100 not in (13, 16)
    return (word if keeps_vowel else word[:-1]) + "esimo"


def drawn(kind: str, count: int = 300) -> list[tuple[str, str]]:
    rng = Random(5)
    return [phrases.draw(getattr(kinds, kind), rng) for _ in range(count)]


def test_cardinals_follow_the_grammar():
    for english, italian in drawn("_cardinal", 3000):
        assert italian == italian_words(english_value(english)), english


def test_decimals_in_words_follow_the_grammar():
    for english, italian in drawn("_decimal_in_words", 1500):
        whole, decimal = english.split(" point ")
        assert italian == f"{italian_words(english_value(whole))} virgola {ITALIAN[ENGLISH.index(decimal)]}"


def test_prices_in_words_follow_the_grammar():
    def count(words: str, noun: str) -> str:
        value = english_value(words)
        text = "un" if value == 1 else re.sub("uno$", "un", italian_words(value))
        return f"{text} {noun}"

    for english, italian in drawn("_price_in_words", 1500):
        whole, cents = re.fullmatch(r"(.*) (?:dollars|euro) and (.*) cents?", english).groups()
        noun = "euro" if " euro " in english else "dollari"
        cent = "centesimo" if cents == "one" else "centesimi"
        assert italian == f"{count(whole, noun)} e {count(cents, cent)}"


def test_ordinals_follow_the_grammar():
    for english, italian in drawn("_ordinal", 3000):
        ending = next(ending for ending in ORDINAL_ENDINGS if english.endswith(ending))
        value = english_value(english.removesuffix(ending) + ORDINAL_ENDINGS[ending])
        assert italian == italian_ordinal(value), english


def test_twelve_and_twenty_four_hours_agree():
    for english, italian in drawn("_clock", 1000) + drawn("_clock_with_seconds", 1000):
        hour = int(re.match(r"\d+", english).group())
        late = bool(re.search("p.?m|afternoon|evening|night", english, re.IGNORECASE))
        assert int(italian[:2]) == hour % 12 + 12 * late, english
