"""BLEU and chrF as others report them: tokenised answers made into plain text, against plain references.

    python benchmarks/detokenized.py MODEL --source FILE --references FILE [--language de]

For models of lower-cased, tokenised text. Answers are detokenised by sacremoses (`pip install sacremoses`), and scored
by sacrebleu with its 13a tokenizer, case apart, since the model never saw any.
"""

import argparse
from pathlib import Path

from sacrebleu import BLEU, CHRF
from sacremoses import MosesDetokenizer

from sightline import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--references", type=Path, required=True)
    parser.add_argument("--language", default="de")
    options = parser.parse_args()
    sources, references = (
        path.read_text(encoding="utf-8").split("\n")[:-1] for path in (options.source, options.references)
    )
    detokenizer = MosesDetokenizer(lang=options.language)
    answers = load(options.model).predict(sources, attention=False)
    texts = [detokenizer.detokenize(answer.text.split(" ")) for answer in answers]
    for metric in (BLEU(tokenize="13a", lowercase=True), CHRF(lowercase=True)):
        print(metric.corpus_score(texts, [references]), metric.get_signature())


if __name__ == "__main__":
    main()
