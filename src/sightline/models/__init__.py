"""Networks behind one protocol: encode, start, step."""

from sightline.models.protocol import Maps, Seq2Seq
from sightline.models.recurrent import Recurrent
from sightline.models.transformer import Transformer

__all__ = ["Maps", "Recurrent", "Seq2Seq", "Transformer"]
