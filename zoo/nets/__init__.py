"""The architectures: each a PyTorch module with its Keras twin beside it, layers named the same in both.

A twin is a function of the `keras` module (Keras 2, `tf_keras`), so that PyTorch's side is trained and exported without
TensorFlow being imported.
"""
