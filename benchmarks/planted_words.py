"""Whether evidence names the word, and the sentence, that a label depends on: documents made so that it is known.

    python benchmarks/planted_words.py [--model hierarchical] [--set model.reads_out=words] [--train 4000] [--test 1000]

A document has 5 to 12 sentences of 4 to 15 words, drawn from 2,000 words as often as words are in texts, and in one
place one of eight words, four for each of two labels. The word with the largest evidence for the label that the model
gives is taken for the one; of a hierarchy its sentence is the one with the largest attention.
"""

import argparse
import random
from typing import Any

import numpy as np

from sightline.tasks.classify import Classifier, ClassifyConfig
from sightline.tasks.config import parse_config, set_option
from sightline.training import set_threads, show_progress

PLANTED = {"up": ("rise", "climb", "soar", "gain"), "down": ("fall", "sink", "drop", "lose")}
WORDS = [f"w{i}" for i in range(2000)]
OFTEN = [1 / (i + 3) for i in range(2000)]


def document(chance: random.Random) -> tuple[str, str, int]:
    """A text, its label, and where the word that decides begins."""
    sentences = [chance.choices(WORDS, OFTEN, k=chance.randint(4, 15)) for _ in range(chance.randint(5, 12))]
    label = chance.choice(sorted(PLANTED))
    chosen = chance.choice(sentences)
    word = chance.choice(PLANTED[label])
    chosen[chance.randrange(len(chosen))] = word
    text = " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)
    return text, label, text.lower().split().index(next(w for w in text.lower().split() if w.strip(".") == word))


def trained(about: str, tests: int) -> tuple[Classifier, list[tuple[str, str, int]]]:
    """A classifier of such documents, as the command line wants it, and others to try it on."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="hierarchical")
    parser.add_argument("--train", type=int, default=4000)
    parser.add_argument("--test", type=int, default=tests)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    chance = random.Random(options.seed)
    train, test = ([document(chance) for _ in range(count)] for count in (options.train, options.test))
    values: dict[str, Any] = {"seed": options.seed, "model": {"type": options.model}, "wide": None}
    values["training"] = {"epochs": 6, "batch_documents": 32, "learning_rate": 0.003}
    for option in options.set:
        set_option(values, option)
    classifier = Classifier.from_config(parse_config(values, ClassifyConfig))
    classifier.fit(
        [text for text, _, _ in train], [label for _, label, _ in train], listeners=[show_progress(counted="documents")]
    )
    return classifier, test


def main() -> None:
    classifier, test = trained(__doc__ or "", 1000)
    right = words = sentences = 0
    for (text, label, place), result in zip(
        test, classifier.explain([text for text, _, _ in test], verdict=False), strict=True
    ):
        right += result.label == label
        signs = np.array([1 if name == result.label else -1 for name in classifier.classes_])
        found = result.words[int((result.evidence() @ signs).argmax())]
        start = [word.start for word in result.words if word.text != "."][place]
        words += found.start == start
        if result.sentence_attention is not None:
            sentence = result.sentences[int(result.sentence_attention.argmax())]
            sentences += sentence.start <= start < sentence.end
        else:
            sentences += "." not in text[min(start, found.start) : max(start, found.start)]
    count = len(test)
    print(f"label right {right / count:.1%}, word found {words / count:.1%}, sentence found {sentences / count:.1%}")


if __name__ == "__main__":
    main()
