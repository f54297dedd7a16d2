"""The score that looks at the query alone."""

from jaxtyping import Float
from torch import Tensor, nn

from sightline.errors import DataError

__all__ = ["Location"]


class Location(nn.Module):
    """Location score: `w_s . q`, a learned vector for each position, whatever the key there holds.

    Luong, Pham and Manning 2015, section 3.1, equation 8. The paper lets positions past the last vector go unseen;
    here they are an error. Initialisation: the vectors Xavier uniform as one matrix.

    Args:
        query_width: Q.
        longest: the number of positions that there are.

    Example:
        >>> import torch
        >>> score = Location(query_width=3, longest=8)
        >>> score(torch.randn(2, 4, 3), score.prepare(torch.randn(2, 6, 5))).shape
        torch.Size([2, 4, 6])
    """

    def __init__(self, query_width: int, longest: int) -> None:
        super().__init__()
        self.matrix = nn.Linear(query_width, longest, bias=False)
        nn.init.xavier_uniform_(self.matrix.weight)

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S 0"]:
        """Of the keys only their number counts."""
        return key[..., :0]

    def forward(self, query: Float[Tensor, "*B T Q"], prepared: Float[Tensor, "*#B S 0"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every position; raises DataError where these are too many."""
        if prepared.shape[-2] > self.matrix.out_features:
            raise DataError(
                f"{prepared.shape[-2]} tokens are more than the {self.matrix.out_features} positions of the location "
                "score: shorten the text, or train with another score"
            )
        return query @ self.matrix.weight[: prepared.shape[-2]].t()
