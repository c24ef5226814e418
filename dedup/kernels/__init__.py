"""What numba needs from us: hand-lowered operations and a bucket sort. Below every other stage.

In and out are plain arrays. Start with `lowering`; each function says what it gained and how to
do without it.
"""
