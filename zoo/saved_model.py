"""Keras -> TensorFlow's SavedModel, from which the converters to TF.js graphs and to TFLite start."""

from pathlib import Path

INPUT, OUTPUT = "input", "logits"


def save(twin, folder: Path, batch: int | None) -> None:
    """One signature, `input` [batch, ...] -> `logits` [batch, ...], so that the converters keep the names.

    @param batch without it, any.
    """
    import tensorflow as tf

    spec = tf.TensorSpec([batch, *twin.input_shape[1:]], twin.inputs[0].dtype, name=INPUT)
    # The argument's name is the input's.
    serve = tf.function(lambda input: {OUTPUT: twin(input, training=False)}, input_signature=[spec])
    holder = tf.Module()
    holder.twin = twin
    tf.saved_model.save(holder, str(folder), signatures={"serving_default": serve})
