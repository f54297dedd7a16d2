"""Word alignment on the Hansards (Mihalcea and Pedersen 2003), learned from Tatoeba, beside eflomal and fast_align.

    python benchmarks/alignment.py TATOEBA ALIGNMENT OUT [--eflomal PATH] [--fast-align PATH] [--teacher fast_align]
        [--only-taught] [--pairs 170000] [--set training.minutes=30]

TATOEBA is fra.txt.gz, ALIGNMENT the folder with enfr.src-tgt.gz and enfr.gold.gz. All learn from the same text:
Tatoeba, lower-cased and cut into words as the gold standard is (contractions written out), and the texts of the gold
pairs, whose links nobody sees. Two translators, one for each direction, align the gold pairs by attention as a token is
written, by the view that is chosen without gold links, and joined. Two more are taught by links of the training text
(`training.guided_alignment`): those that both directions of the teacher agree on, which is one of the peers or the
translators themselves. The gold pairs are longer than nearly all of Tatoeba's, so these two read up to five pairs in
one. OUT keeps all; what is there is not computed again.
"""

import argparse
import gzip
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from sightline.data import GoldLinks, Pair, read_links
from sightline.explain import SYMMETRISATIONS, symmetrise
from sightline.metrics import alignment_error_rate
from sightline.tasks.translate import Translator, View

SIGHTLINE = [sys.executable, "-m", "sightline.cli.app"]
OPTIONS = [
    "model.type=transformer",
    "model.width=192",
    "model.hidden=512",
    "model.encoder_layers=3",
    "model.decoder_layers=3",
    "source_tokenizer.size=6000",
    "training.batch_tokens=2048",
    "training.minutes=30",
    "training.schedule=cosine",
    "training.patience=null",
    "data.valid_share=0.01",
]
GUIDED = "2"
TOGETHER = 5  # pairs, at most
# As the gold standard writes French: contractions and elided vowels in full.
WRITTEN_OUT = {
    r"\bdu\b": "de le",
    r"\bdes\b": "de les",
    r"\baux\b": "à les",
    r"\bau\b": "à le",
    r"\bl['’]": "le ",
    r"\b([cdjmnst])['’]": r"\1e ",
    r"\bqu['’]": "que ",
    r"\baujourd ?['’] ?hui\b": "aujourd' hui",
}
SIDES = ("en", "fr")
Links = frozenset[tuple[int, int]]


def english(text: str) -> str:
    text = re.sub(r"n['’]t\b", " not", text.lower().replace("can't", "cannot"))
    return _parted(re.sub(r"['’](s|re|ve|ll|m|d)\b", r" '\1", text))


def french(text: str) -> str:
    text = text.lower().replace("\u202f", " ").replace("\xa0", " ")
    for pattern, written in WRITTEN_OUT.items():
        text = re.sub(pattern, written, text)
    return _parted(text)


def _parted(text: str) -> str:
    """Words and signs with spaces between; an apostrophe stays with its letters."""
    return " ".join(re.findall(r"['’]?\w+['’]?|[^\w\s]", text))


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def write_text(tatoeba: Path, alignment: Path, pairs: int, out: Path) -> list[Pair]:
    """The training text as two files, the gold pairs at its end; and the gold pairs."""
    gold = [
        Pair(*(side.strip().lower() for side in row.split("|||"))) for row in lines_of(alignment / "enfr.src-tgt.gz")
    ]
    given = [row.split("\t")[:2] for row in lines_of(tatoeba)[:pairs]]
    text = [*(Pair(english(a), french(b)) for a, b in given), *gold]
    for side, name in enumerate(SIDES):
        (out / f"text.{name}").write_text("".join(f"{pair[side]}\n" for pair in text))
    links = "".join(f"{_from_0(row)}\n" for row in lines_of(alignment / "enfr.gold.gz"))
    (out / "gold.txt").write_text(links)
    return gold


def texts_of(out: Path) -> list[list[str]]:
    """The training text, line by line, of both sides."""
    return [(out / f"text.{name}").read_text().splitlines() for name in SIDES]


def _from_0(links: str) -> str:
    """The gold standard counts words from 1."""
    return re.sub(r"\d+", lambda place: str(int(place[0]) - 1), links)


def trained(out: Path, name: str, source: str, target: str, settings: list[str], text: str = "text") -> Translator:
    folder = out / name
    if not (folder / "manifest.json").exists():
        files = ["--source", str(out / f"{text}.{source}"), "--target", str(out / f"{text}.{target}")]
        options = [word for setting in settings for word in ("--set", setting)]
        command = [*SIGHTLINE, "train", "translate", *files, "--output", str(folder), "--overwrite", *options]
        subprocess.run(command, check=True)
    return Translator.load(folder)


def links_of(model: Translator, pairs: list[Pair], view: View | None, *, turned: bool) -> list[Links]:
    given = [Pair(pair.target, pair.source) for pair in pairs] if turned else pairs
    found = [each.links for each in model.align(given, view=view)]
    return [frozenset((j, i) for i, j in links) for links in found] if turned else found


def by_fast_align(command: str, out: Path) -> list[tuple[Links, Links]]:
    """Links of all pairs of the text, from each direction."""
    files = {way: out / f"fast_align.{way}" for way in ("forward", "reverse")}
    both = out / "text.both"
    both.write_text("".join(f"{a} ||| {b}\n" for a, b in zip(*texts_of(out), strict=True)))
    for way, path in files.items():
        if not path.exists():
            begin = time.perf_counter()
            words = [command, "-i", str(both), "-d", "-o", "-v", *(["-r"] if way == "reverse" else [])]
            path.write_bytes(
                subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            )
            print(f"fast_align, {way}: {time.perf_counter() - begin:.0f} s")
    return _pharaoh(*files.values())


def _pharaoh(forward: Path, reverse: Path) -> list[tuple[Links, Links]]:
    there, back = ([each.possible for each in read_links(path)] for path in (forward, reverse))
    return list(zip(there, back, strict=True))


def write_lesson(out: Path, links: list[Links]) -> None:
    """Pairs put together as one, in the text's order shuffled, with their links; for both directions."""
    texts = texts_of(out)
    draw = Random(1)
    order = list(range(len(links)))
    draw.shuffle(order)
    written: dict[str, list[str]] = {"lesson.en": [], "lesson.fr": [], "lesson.links": [], "lesson.turned": []}
    while order:
        some = [order.pop() for _ in range(min(len(order), draw.randint(1, TOGETHER)))]
        found: list[tuple[int, int]] = []
        before = [0, 0]
        for n in some:
            found += [(i + before[0], j + before[1]) for i, j in sorted(links[n])]
            before = [count + len(text[n].split()) for count, text in zip(before, texts, strict=True)]
        for name, text in zip(SIDES, texts, strict=True):
            written[f"lesson.{name}"].append(" ".join(text[n] for n in some))
        written["lesson.links"].append(" ".join(f"{i}-{j}" for i, j in found))
        written["lesson.turned"].append(" ".join(f"{j}-{i}" for i, j in found))
    for name, lines in written.items():
        (out / name).write_text("".join(f"{line}\n" for line in lines))


def report(name: str, there: list[Links], back: list[Links], gold: list[GoldLinks]) -> None:
    """Error rates of both directions and of all ways to join them."""
    found = {"en-fr": there, "fr-en": back}
    found |= {way: [symmetrise(a, b, way) for a, b in zip(there, back, strict=True)] for way in SYMMETRISATIONS}
    for way, links in found.items():
        score = alignment_error_rate(links, [each.sure for each in gold], [each.possible for each in gold])
        print(f"| {name} | {way} | {score.error_rate:.1%} | {score.precision:.1%} | {score.recall:.1%} |", flush=True)


def by_eflomal(command: str, out: Path) -> list[tuple[Links, Links]]:
    """Links of all pairs of the text, from each direction."""
    files = [out / f"eflomal.{way}" for way in ("forward", "reverse")]
    if not files[0].exists():
        begin = time.perf_counter()
        words = ["-s", str(out / "text.en"), "-t", str(out / "text.fr"), "-f", str(files[0]), "-r", str(files[1])]
        subprocess.run([command, *words, "--overwrite"], check=True)
        print(f"eflomal: {time.perf_counter() - begin:.0f} s")
    return _pharaoh(*files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tatoeba", type=Path)
    parser.add_argument("alignment", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=170000)
    parser.add_argument("--set", nargs="+", default=[])
    parser.add_argument("--eflomal")
    parser.add_argument("--fast-align")
    parser.add_argument("--teacher", choices=("eflomal", "fast_align", "attention"), default="attention")
    parser.add_argument("--only-taught", action="store_true")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    pairs = write_text(options.tatoeba, options.alignment, options.pairs, out)
    gold = read_links(out / "gold.txt")
    settings = [*OPTIONS, *options.set]
    print("| | links | AER | precision | recall |\n|---|---|---|---|---|")
    known: dict[str, list[tuple[Links, Links]]] = {}
    if options.eflomal:
        known["eflomal"] = by_eflomal(options.eflomal, out)
    if options.fast_align:
        known["fast_align"] = by_fast_align(options.fast_align, out)
    for name, links in known.items():
        report(name, *map(list, zip(*links[-len(pairs) :], strict=True)), gold)
    if not options.only_taught:
        known["attention"] = by_attention(out, settings, pairs, gold)
    write_lesson(out, [there & back for there, back in known[options.teacher]])
    taught = [*settings, f"training.guided_alignment={GUIDED}"]
    names = [f"{name}-taught-by-{options.teacher}" for name in ("there", "back")]
    models = [
        trained(out, names[0], "en", "fr", [*taught, f"data.train.links={out / 'lesson.links'}"], "lesson"),
        trained(out, names[1], "fr", "en", [*taught, f"data.train.links={out / 'lesson.turned'}"], "lesson"),
    ]
    report(f"taught by {options.teacher}", *_both(models, pairs, None), gold)


def by_attention(out: Path, settings: list[str], pairs: list[Pair], gold: list[GoldLinks]) -> list[tuple[Links, Links]]:
    """Links of all pairs of the text, by the views that are chosen without gold links."""
    models = [trained(out, "there", "en", "fr", settings), trained(out, "back", "fr", "en", settings)]
    last = models[0].config.model.decoder_layers - 1
    written = View(last) if models[0].config.model.type == "transformer" else View()
    report("attention as written, last layer", *_both(models, pairs, written), gold)
    for model, turned in zip(models, (False, True), strict=True):
        print("chosen without gold:", model.view_of([Pair(p.target, p.source) for p in pairs] if turned else pairs))
    report("attention as chosen", *_both(models, pairs, None), gold)
    text = [Pair(a, b) for a, b in zip(*texts_of(out), strict=True)]
    return list(zip(*_both(models, text, None), strict=True))


def _both(models: list[Translator], pairs: list[Pair], view: View | None) -> tuple[list[Links], list[Links]]:
    there, back = models
    return links_of(there, pairs, view, turned=False), links_of(back, pairs, view, turned=True)


if __name__ == "__main__":
    main()
