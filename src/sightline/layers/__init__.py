"""Layers that models are built of: positions, feed-forward, recurrent cells, Transformer blocks, dropout."""

from sightline.layers.blocks import NORMS, DecoderBlock, EncoderBlock, encoder_blocks
from sightline.layers.cells import CELLS, GRUCell, LSTMCell, build_cell
from sightline.layers.dropout import Dropout
from sightline.layers.encoder import RecurrentEncoder
from sightline.layers.feedforward import FeedForward
from sightline.layers.pooling import AttentionPooling, GatedPooling, MaxPooling
from sightline.layers.positions import POSITIONS, Positions, RotaryPositions, build_positions
from sightline.layers.recurrent import CellLoop, CellStack

__all__ = [
    "CELLS",
    "NORMS",
    "POSITIONS",
    "AttentionPooling",
    "CellLoop",
    "CellStack",
    "DecoderBlock",
    "Dropout",
    "EncoderBlock",
    "FeedForward",
    "GRUCell",
    "GatedPooling",
    "LSTMCell",
    "MaxPooling",
    "Positions",
    "RecurrentEncoder",
    "RotaryPositions",
    "build_cell",
    "build_positions",
    "encoder_blocks",
]
