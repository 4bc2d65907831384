# SPDX-License-Identifier: MIT
"""Where two engines part: every tensor inside a network, in the order of its nodes."""

import onnx


def with_all_outputs(path, to):
    """Writes the model with every float tensor between nodes as an output; returns [(node, tensor)] in order."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    types = {value.name: value.type.tensor_type.elem_type for value in [*model.graph.value_info, *model.graph.output]}
    outputs = {value.name for value in model.graph.output}
    listed = []
    for node in model.graph.node:
        for name in node.output:
            if types.get(name) != onnx.TensorProto.FLOAT:
                continue
            listed.append((node, name))
            if name not in outputs:
                model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    onnx.save(model, to)
    return listed


def first_difference(listed, theirs, ours, distance, most):
    """The first node whose result differs by more than `most`, as text; None: none does."""
    for node, name in listed:
        if name in theirs and name in ours:
            apart = distance(ours[name], theirs[name])
            if not apart <= most:
                return f"{node.op_type} {node.name or '(unnamed)'}, tensor {name}: relative L2 {apart:.1e}"
    return None
