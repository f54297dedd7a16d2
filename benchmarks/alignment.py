"""Word alignment on the Hansards (Mihalcea and Pedersen 2003), learned from Tatoeba, beside eflomal.

    python benchmarks/alignment.py TATOEBA ALIGNMENT OUT [--pairs 170000] [--set training.minutes=30] [--eflomal PATH]

TATOEBA is fra.txt.gz, ALIGNMENT the folder with enfr.src-tgt.gz and enfr.gold.gz. Both learn from the same text:
Tatoeba, lower-cased and cut into words as the gold standard is (contractions written out), and the texts of the gold
pairs, whose links nobody sees. Two translators, one for each direction, align the gold pairs by attention as a token is
written, by the view that is chosen without gold links, and joined; then they align their training text, and two more
learn from these links (`training.guided_alignment`). OUT keeps all; what is there is not computed again.
"""

import argparse
import gzip
import json
import re
import subprocess
import sys
import time
from pathlib import Path

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
GUIDED = "0.5"
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


def _from_0(links: str) -> str:
    """The gold standard counts words from 1."""
    return re.sub(r"\d+", lambda place: str(int(place[0]) - 1), links)


def trained(out: Path, name: str, source: str, target: str, settings: list[str]) -> Translator:
    folder = out / name
    if not (folder / "manifest.json").exists():
        files = ["--source", str(out / f"text.{source}"), "--target", str(out / f"text.{target}")]
        options = [word for setting in settings for word in ("--set", setting)]
        command = [*SIGHTLINE, "train", "translate", *files, "--output", str(folder), "--overwrite", *options]
        subprocess.run(command, check=True)
    return Translator.load(folder)


def links_of(model: Translator, pairs: list[Pair], view: View | None, *, turned: bool) -> list[Links]:
    given = [Pair(pair.target, pair.source) for pair in pairs] if turned else pairs
    found = [each.links for each in model.align(given, view=view)]
    return [frozenset((j, i) for i, j in links) for links in found] if turned else found


def report(name: str, there: list[Links], back: list[Links], gold: list[GoldLinks]) -> None:
    """Error rates of both directions and of all ways to join them."""
    found = {"en-fr": there, "fr-en": back}
    found |= {way: [symmetrise(a, b, way) for a, b in zip(there, back, strict=True)] for way in SYMMETRISATIONS}
    for way, links in found.items():
        score = alignment_error_rate(links, [each.sure for each in gold], [each.possible for each in gold])
        print(f"| {name} | {way} | {score.error_rate:.1%} | {score.precision:.1%} | {score.recall:.1%} |", flush=True)


def by_eflomal(command: str, out: Path, count: int) -> tuple[list[Links], list[Links]]:
    """Links of the last pairs of the text, from each direction."""
    files = [out / f"eflomal.{way}" for way in ("forward", "reverse")]
    if not files[0].exists():
        begin = time.perf_counter()
        words = ["-s", str(out / "text.en"), "-t", str(out / "text.fr"), "-f", str(files[0]), "-r", str(files[1])]
        subprocess.run([command, *words, "--overwrite"], check=True)
        print(f"eflomal: {time.perf_counter() - begin:.0f} s")
    there, back = ([each.possible for each in read_links(path)[-count:]] for path in files)
    return there, back


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tatoeba", type=Path)
    parser.add_argument("alignment", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=170000)
    parser.add_argument("--set", nargs="+", default=[])
    parser.add_argument("--eflomal")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    pairs = write_text(options.tatoeba, options.alignment, options.pairs, out)
    gold = read_links(out / "gold.txt")
    print("| | links | AER | precision | recall |\n|---|---|---|---|---|")
    if options.eflomal:
        report("eflomal", *by_eflomal(options.eflomal, out, len(pairs)), gold)
    settings = [*OPTIONS, *options.set]
    models = [trained(out, "there", "en", "fr", settings), trained(out, "back", "fr", "en", settings)]
    last = models[0].config.model.decoder_layers - 1
    written = View(last) if models[0].config.model.type == "transformer" else View()
    report("attention as written, last layer", *_both(models, pairs, written), gold)
    for model, turned in zip(models, (False, True), strict=True):
        print("chosen without gold:", model.view_of([Pair(p.target, p.source) for p in pairs] if turned else pairs))
    report("attention as chosen", *_both(models, pairs, None), gold)
    text = [
        Pair(a, b) for a, b in zip(*((out / f"text.{name}").read_text().splitlines() for name in SIDES), strict=True)
    ]
    joined = out / "links.txt"
    if not joined.exists():
        found = models[0].align(text, reverse=models[1], symmetrisation="grow-diag")
        joined.write_text("".join(f"{each}\n" for each in found))
        turned = [" ".join(f"{j}-{i}" for i, j in sorted(each.links)) for each in found]
        (out / "links-back.txt").write_text("\n".join(turned) + "\n")
    guided = [f"training.guided_alignment={GUIDED}"]
    taught = [
        trained(out, "there-taught", "en", "fr", [*settings, *guided, f"data.train.links={joined}"]),
        trained(out, "back-taught", "fr", "en", [*settings, *guided, f"data.train.links={out / 'links-back.txt'}"]),
    ]
    report("taught", *_both(taught, pairs, None), gold)
    print(json.dumps({"metrics": [model.metrics for model in (*models, *taught)]}))


def _both(models: list[Translator], pairs: list[Pair], view: View | None) -> tuple[list[Links], list[Links]]:
    there, back = models
    return links_of(there, pairs, view, turned=False), links_of(back, pairs, view, turned=True)


if __name__ == "__main__":
    main()
