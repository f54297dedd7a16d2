"""Readers of pairs: what they accept, and that each mistake is told with its file, line and remedy."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.data import Pair, read_jsonl, read_lines, read_parallel, read_tsv
from sightline.errors import ConfigError, DataError

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\n\r\t\ufeff"), min_size=1).filter(
    str.strip
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_lines_end_in_newlines_only(write):
    path = write("a.txt", "one\x0b\x0c\x1c\x85\u2028\u2029still\rone\r\ntwo\n three \n")
    assert read_lines(path) == ["one\x0b\x0c\x1c\x85\u2028\u2029still\rone", "two", " three "]


@pytest.mark.parametrize("content", ["a\nb\n", "a\nb", "a\r\nb\r\n", "a\r\nb", "\ufeffa\nb\n"])
def test_line_ends_final_newline_and_byte_order_mark_do_not_matter(write, content):
    assert read_lines(write("a.txt", content)) == ["a", "b"]
    assert read_lines(write("a.txt.gz", gzip.compress(content.encode()))) == ["a", "b"]
    assert read_lines(str(write("compressed", gzip.compress(content.encode())))) == ["a", "b"]


@given(texts=st.lists(TEXT, min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_every_layout_gives_back_any_text(texts, tmp_path):
    pairs = [Pair(text, text[::-1]) for text in texts]
    (tmp_path / "s").write_text("".join(p.source + "\n" for p in pairs), encoding="utf-8", newline="")
    (tmp_path / "t").write_text("".join(p.target + "\n" for p in pairs), encoding="utf-8", newline="")
    table = "".join(f"{p.target}\t{number}\t{p.source}\n" for number, p in enumerate(pairs))
    (tmp_path / "tsv").write_text(table, encoding="utf-8", newline="")
    records = "".join(json.dumps({"x": {"y": p.source}, "z": p.target}) + "\n" for p in pairs)
    (tmp_path / "jsonl").write_text(records)
    assert read_parallel(tmp_path / "s", tmp_path / "t") == pairs
    assert read_jsonl(tmp_path / "jsonl", "x.y", "z") == pairs
    assert read_tsv(tmp_path / "tsv", 3, 1) == pairs


def complaint(call: Callable[[], object], path: Path | None, line: int | None) -> str:
    with pytest.raises(DataError) as caught:
        call()
    assert (caught.value.path, caught.value.line) == (path, line)
    if path is not None:
        assert str(caught.value).startswith(f"{path}, line {line}: " if line else f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "empty"),
        (b"\xef\xbb\xbf", None, "empty"),
        (b"fine\nab\xe9cd\nfine\n\xff\n", 2, "byte 3 of the line (0xE9) is not UTF-8, and so in 2 lines"),
        (b"fine\nab\xc3", 2, "byte 3 of the line (0xC3) is not UTF-8, and so in 1 line;"),
        (b"\xed\xa0\x80\n", 1, "iconv -f WINDOWS-1252 -t UTF-8"),
        (b"a\nb\nc\0\n\0\n", 3, "NUL character, in 2 lines"),
        ("ab\n".encode("utf-16"), 1, "iconv -f UTF-16 -t UTF-8"),
        ("ab\n".encode("utf-16-le"), 1, "iconv -f UTF-16LE -t UTF-8"),
        (gzip.compress(b"many words\n" * 99, mtime=0)[:-9], None, "damaged or cut off"),
        (gzip.compress(b"many words\n" * 99, mtime=0)[:-8] + bytes(8), None, "damaged or cut off"),
        (b"\x1f\x8bno", None, "damaged or cut off"),
    ],
)
def test_damaged_files(write, content, line, words):
    path = write("a.txt", content)
    assert words in complaint(lambda: read_lines(path), path, line)


def test_missing_file_folder_and_false_gzip(write, tmp_path):
    assert "no such file" in complaint(lambda: read_lines(tmp_path / "none"), tmp_path / "none", None)
    assert "a folder" in complaint(lambda: read_lines(tmp_path), tmp_path, None)
    path = write("plain.gz", "text\n")
    assert "no gzip file" in complaint(lambda: read_lines(path), path, None)


def test_different_line_counts_name_both_files_and_a_way_to_the_first_mismatch(write):
    source, target = write("a.en", "1\n2\n3\n"), write("a.de.gz", gzip.compress(b"1\n2\n"))
    message = complaint(lambda: read_parallel(source, target), None, None)
    assert f"{source} has 3 lines and {target} has 2" in message
    assert f"paste {source} <(zcat {target}) | less -N" in message


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", "\u3000"])
def test_blank_line_on_either_side(write, blank):
    source, target = write("a", f"1\n{blank}\n3\n{blank}\n"), write("b", "1\nzwei\n3\nvier\n")
    for both in ((source, target), (target, source)):
        message = complaint(lambda both=both: read_parallel(*both), source, 2)
        assert f'its partner in {target} is "zwei"' in message
        assert "2 lines blank" in message


def test_blank_line_on_both_sides(write):
    source, target = write("a", "1\n\n"), write("b", "1\n \n")
    message = complaint(lambda: read_parallel(source, target), source, 2)
    assert "so is its partner" in message
    assert "1 line blank" in message


def test_table_by_name(write):
    path = write("a.tsv", "id\tWord\tPhones\n1\tcat\tK AE T\textra\n2\t\"a\t'b\n")
    assert read_tsv(path, "Word", "Phones") == [Pair("cat", "K AE T"), Pair('"a', "'b")]
    message = complaint(lambda: read_tsv(path, "Wort", "Phones"), path, 1)
    assert "'id', 'Word', 'Phones'; did you mean 'Word'?" in message


@pytest.mark.parametrize(
    ("content", "columns", "line", "words"),
    [
        ("a\tb\nc\nd\n", (1, 2), 2, "has 1 column, and column 2 is asked for; 2 lines too short"),
        ("a\tb\n\n", (1, 2), 2, "the line is blank"),
        ("a\tb\nc\td\n", (2, 7), 1, "has 2 columns, and column 7"),
        ("x\ty\na\tb\na\n", ("x", "y"), 3, "has 1 column"),
        ("x\ty\tx\na\tb\tc\n", ("x", "y"), 1, "2 columns are named 'x'"),
        ("x\ty\n", ("x", "y"), 1, "nothing below the header"),
        ("a\tb\n \tb\na\t\n", (1, 2), 2, "column 1 is blank; 2 lines"),
        ("x\ty\na\t\n", ("x", "y"), 2, "column 'y' is blank; 1 line "),
    ],
)
def test_damaged_tables(write, content, columns, line, words):
    path = write("a.tsv", content)
    assert words in complaint(lambda: read_tsv(path, *columns), path, line)


@pytest.mark.parametrize("columns", [(0, 1), (1, -1), (1, "b"), ("a", 2)])
def test_columns_that_make_no_sense(write, columns):
    with pytest.raises(ConfigError, match="column"):
        read_tsv(write("a.tsv", "a\tb\n"), *columns)


def test_json_keys_with_dots(write):
    path = write("a.jsonl", '{"translation": {"en": "one", "ro": "unu"}, "a.b": "two\\nlines \\ud83d\\ude00"}\n')
    assert read_jsonl(path, "translation.en", "translation.ro") == [Pair("one", "unu")]
    assert read_jsonl(path, "translation.ro", "a.b") == [Pair("unu", "two\nlines 😀")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"s": "x", "t": "y"', "not JSON"),
        ("", "the line is blank"),
        ("[" * 100_000, "not JSON"),
        ('["s", "t"]', "where an object with key 's' is expected"),
        ('{"s": "x", "tt": "y"}', "key 't' is missing. The keys that exist: 's', 'tt'; did you mean 'tt'?"),
        ("{}", "key 's' is missing. The keys that exist: none"),
        ('{"s": "x", "t": 3}', "holds 3: expected a text"),
        ('{"s": null, "t": "y"}', "holds null"),
        ('{"s": "x", "t": "\\ud83d"}', "\\ud83d, a lone surrogate"),
        ('{"s": "x", "t": "a\\u0000"}', "NUL"),
        ('{"s": " ", "t": "\\u3000"}', "key 's' and the text of key 't' is blank; 1 line"),
    ],
)
def test_damaged_json_lines(write, line, words):
    path = write("a.jsonl", '{"s": "x", "t": "y"}\n' + line + '\n{"s": "x", "t": "y"}\n')
    assert words in complaint(lambda: read_jsonl(path, "s", "t"), path, 2)


def test_key_within_a_text(write):
    path = write("a.jsonl", '{"s": "x"}\n')
    assert "key 's.en' leads to \"x\"" in complaint(lambda: read_jsonl(path, "s.en", "s"), path, 1)
