"""TextRNN: word ids -> embedding -> one recurrent layer -> its last state -> logits.

The recurrent layer is an LSTM (Hochreiter & Schmidhuber, 1997) or a GRU (Cho et al., 2014) in the form that PyTorch and
cuDNN share, where the reset gate acts after the recurrent product (Keras: `reset_after=True`). Sequences are padded in
front, so that the last state has always just read the text's last word, with no mask.
"""

from torch import Tensor, nn

VOCABULARY, TOKENS = 20_000, 200
EMBEDDING, HIDDEN = 32, 64
CLASSES = 2
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class TextRNN(nn.Module):
    """200 word ids -> 200 x 32 -> state 64 -> 2 logits.

    @param cell `lstm` or `gru`.
    """

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)
        self.rnn = CELLS[cell](EMBEDDING, HIDDEN, batch_first=True)
        self.logits = nn.Linear(HIDDEN, CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        """int64 or int32 [N, 200], each within [0, 20000) -> logits float32 [N, 2]."""
        states, _ = self.rnn(self.embedding(ids))
        return self.logits(states[:, -1])


def textrnn_twin(keras, name: str, cell: str):
    """int32 [N, 200] -> logits float32 [N, 2]."""
    layers = keras.layers
    ids = layers.Input((TOKENS,), dtype="int32", name="input")
    x = layers.Embedding(VOCABULARY, EMBEDDING, name="embedding")(ids)
    # Keras' defaults are PyTorch's cells: tanh, sigmoid, and for the GRU reset_after=True.
    x = {"lstm": layers.LSTM, "gru": layers.GRU}[cell](HIDDEN, name="rnn")(x)
    return keras.Model(ids, layers.Dense(CLASSES, name="logits")(x), name=name)
