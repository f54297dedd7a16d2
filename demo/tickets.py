"""Messages to a shop and the desk that each belongs to, made up: what decides is one sentence of several.

    python demo/tickets.py FOLDER --train 3000 --test 1000 --seed 1

Writes train.csv and test.csv (`text`, `label`) and unread.txt, a few messages to explain.
"""

import argparse
import csv
import random
from pathlib import Path

OPENINGS = (
    "Hello,",
    "Dear team,",
    "Good morning.",
    "Hi there,",
    "To whom it may concern,",
    "I hope you are well.",
    "This is my second message.",
    "I have been a customer since 2015.",
)
CLOSINGS = (
    "Please let me know soon.",
    "Thank you in advance.",
    "Kind regards.",
    "I look forward to your answer.",
    "You can reach me by phone in the evening.",
    "Best wishes.",
)
# What everybody writes, whatever the matter is: the words of all desks stand here too.
ASIDES = (
    "The invoice was clear this time.",
    "The parcel itself came quickly.",
    "My password works well again.",
    "I like the {thing} very much.",
    "The courier was friendly.",
    "I paid by card as always.",
    "My account shows the order.",
    "My sister bought the same {thing} last year.",
    "The manual is well written.",
    "I found the {thing} through a friend.",
    "The colour is as in the picture.",
    "I ordered it on {day}.",
)
MATTERS = {
    "billing": (
        "You charged me twice for the {thing}.",
        "The amount on my invoice is not what the shop showed.",
        "Could you send the invoice with my company's name on it?",
        "The refund has not reached my bank yet.",
        "My voucher was not taken off the price.",
        "I was billed for a {thing} that I cancelled.",
    ),
    "delivery": (
        "My parcel has not arrived, though it left you on {day}.",
        "The tracking page has not changed for a week.",
        "The courier left the {thing} with a neighbour who does not exist.",
        "Can you send it to another address?",
        "Half of the order is missing from the box.",
        "When will the {thing} be here?",
    ),
    "account": (
        "I cannot log in any more.",
        "The link to set a new password never comes.",
        "Please change the e-mail address of my account.",
        "Somebody else seems to use my account.",
        "How do I delete my account and all that you know of me?",
        "The page says that my account is locked.",
    ),
    "product": (
        "The {thing} stopped working after two days.",
        "The {thing} has a crack along its side.",
        "Does the {thing} come with a charger?",
        "The {thing} is much smaller than it was described.",
        "Which {thing} fits the model of last year?",
        "The {thing} makes a strange noise.",
    ),
}
THINGS = ("kettle", "lamp", "radio", "backpack", "keyboard", "chair", "blender", "watch", "heater", "tent", "camera")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def message(chance: random.Random, desk: str) -> str:
    """A message to a desk: an opening, what is the matter, asides around it, a closing."""
    middle = [chance.choice(MATTERS[desk])]
    middle += chance.sample(ASIDES, chance.randint(1, 4))
    chance.shuffle(middle)
    text = " ".join([chance.choice(OPENINGS), *middle, chance.choice(CLOSINGS)])
    return text.format(thing=chance.choice(THINGS), day=chance.choice(DAYS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=3000)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(options.seed)
    seen: set[str] = set()
    for name, count in (("train", options.train), ("test", options.test)):
        with (options.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "label"])
            for _ in range(count):
                desk = chance.choice(sorted(MATTERS))
                while (text := message(chance, desk)) in seen:
                    pass
                seen.add(text)
                rows.writerow([text, desk])
    unread = [message(chance, desk) for desk in sorted(MATTERS)]
    (options.folder / "unread.txt").write_text("\n".join(unread) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
