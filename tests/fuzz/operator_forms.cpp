// SPDX-License-Identifier: MIT
#include "tests/fuzz/operator_forms.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/ops/op_table.h"

namespace cnn::test {
namespace {

constexpr std::string_view conv =
    "strides:S dilations:S pads:P auto_pad:NOTSET|SAME_UPPER|SAME_LOWER|VALID kernel_shape:K group!:g";
constexpr std::string_view pool =
    "kernel_shape!:W strides:S pads:P auto_pad:NOTSET|SAME_UPPER|SAME_LOWER|VALID ceil_mode:b";
constexpr std::string_view reduce = "axes:L keepdims:b noop_with_empty_axes:b";

constexpr OperatorForm forms[] = {
    {"", "Conv", "xw?o", 1, "", conv},
    {"", "ConvTranspose", "xt?o", 1, "output_padding:S output_shape:W", conv},
    {"", "Gemm", "xm?o", 1, "alpha:f beta:f transA:b transB:b"},
    {"", "MatMul", "xm", 1, ""},
    {"", "MatMul", "xx", 1, ""},
    {"", "LeakyRelu", "x", 1, "alpha:f"},
    {"", "HardSigmoid", "x", 1, "alpha:f beta:f"},
    {"", "Elu", "x", 1, "alpha:f"},
    {"", "Selu", "x", 1, "alpha:f gamma:f"},
    {"", "Celu", "x", 1, "alpha:f"},
    {"", "ThresholdedRelu", "x", 1, "alpha:f"},
    {"", "Shrink", "x", 1, "bias:f lambd:f"},
    {"", "Swish", "x", 1, "alpha:f"},
    {"", "Gelu", "x", 1, "approximate:none|tanh"},
    {"", "Clip", "x?ss", 1, "min:f max:f"},
    {"", "PRelu", "xc", 1, ""},
    {"", "PRelu", "xy", 1, ""},
    {"", "Add", "xy", 1, "axis:x broadcast:b"},
    {"", "Sub", "xy", 1, ""},
    {"", "Mul", "xy", 1, ""},
    {"", "Div", "xy", 1, ""},
    {"", "Pow", "xy", 1, ""},
    {"", "Mod", "xy", 1, "fmod:b"},
    {"", "Min", "xyy", 1, ""},
    {"", "Max", "xyy", 1, ""},
    {"", "Sum", "xyy", 1, ""},
    {"", "Mean", "xyy", 1, ""},
    {"", "BitShift", "By", 1, "direction!:LEFT|RIGHT"},
    {"", "SwiGLU", "xD", 1, "alpha:f"},
    {"", "ReverseSequence", "xV", 1, ""},
    {"", "Attention", "xDD?MDD", 4,
     "is_causal:b scale:f softcap:f q_num_heads:N kv_num_heads:N qk_matmul_output_mode:N left_window_size:i"},
    {"", "Attention", "xDD---Y", 1, "is_causal:b right_window_size:i left_window_size:i"},
    {"", "RotaryEmbedding", "xEE", 1, "interleaved:b"},
    {"", "RotaryEmbedding", "xHHI", 1, "interleaved:b rotary_embedding_dim:N num_heads:N"},
    {"", "GridSample", "xG", 1,
     "mode:nearest|linear|cubic|bilinear padding_mode:zeros|border|reflection align_corners:b"},
    {"", "AffineGrid", "Ag", 1, "align_corners:b"},
    {"", "CenterCropPad", "xn", 1, "axes:L"},
    {"", "DFT", "x?kk", 1, "inverse:b onesided:b axis:x"},
    {"", "STFT", "Uk?-k", 1, "onesided:b"},
    {"", "HannWindow", "k", 1, "periodic:b output_datatype:d"},
    {"", "HammingWindow", "k", 1, "periodic:b output_datatype:d"},
    {"", "BlackmanWindow", "k", 1, "periodic:b output_datatype:d"},
    {"", "MelWeightMatrix", "kkkss", 1, "output_datatype:d"},
    {"", "BitwiseAnd", "By", 1, ""},
    {"", "BitwiseOr", "By", 1, ""},
    {"", "BitwiseXor", "By", 1, ""},
    {"", "Cast", "x", 1, "to!:d saturate:b round_mode:up|down|nearest"},
    {"", "CastLike", "xx", 1, "saturate:b"},
    {"", "Where", "bxy", 1, ""},
    {"", "Concat", "xyx", 1, "axis!:x"},
    {"", "Constant", "", 1, "value:T value_int:i value_ints:n value_float:f value_floats:F"},
    {"", "ConstantOfShape", "h", 1, "value:T"},
    {"", "Range", "kkk", 1, ""},
    {"", "Shape", "x", 1, "start:i end:i"},
    {"", "EyeLike", "x", 1, "k:i dtype:d"},
    {"", "NonZero", "h", 1, ""},
    {"", "Dropout", "x?S", 2, "ratio:f seed:i"},
    {"", "Einsum", "xx", 1, "equation!:ij,jk->ik|...i,...i->...|bchw,bchw->bc|abc,acd->abd|i,j->ij"},
    {"", "Einsum", "x", 1, "equation!:ij->ji|bchw->bhwc|...->|ii->i|abc->"},
    {"", "Trilu", "x?k", 1, "upper:b"},
    {"", "Expand", "xe", 1, ""},
    {"", "Tile", "xn", 1, ""},
    {"", "DepthToSpace", "x", 1, "blocksize!:N mode:DCR|CRD"},
    {"", "SpaceToDepth", "x", 1, "blocksize!:N"},
    {"", "Gather", "xi", 1, "axis:x"},
    {"", "GatherElements", "xj", 1, "axis:x"},
    {"", "GatherND", "xJ", 1, "batch_dims:b"},
    {"", "OneHot", "ikv", 1, "axis:x"},
    {"", "BatchNormalization", "xcccc", 1, "epsilon:f momentum:f spatial:b training_mode:b"},
    {"", "LRN", "x", 1, "size!:N alpha:f beta:f bias:f"},
    {"", "InstanceNormalization", "xcc", 1, "epsilon:f"},
    {"", "GroupNormalization", "xcc", 1, "num_groups!:N epsilon:f"},
    {"", "LayerNormalization", "xl?l", 1, "axis:x epsilon:f"},
    {"", "RMSNormalization", "xl", 1, "axis:x epsilon:f"},
    {"", "MeanVarianceNormalization", "x", 1, "axes:L"},
    {"", "LpNormalization", "x", 1, "axis:x p:N"},
    {"", "Pad", "xp?sa", 1, "pads:n mode:constant|reflect|edge|wrap value:f"},
    {"", "MaxPool", "x", 2, "dilations:S storage_order:b", pool},
    {"", "AveragePool", "x", 1, "dilations:S count_include_pad:b", pool},
    {"", "LpPool", "x", 1, "dilations:S p:N", pool},
    {"", "GlobalLpPool", "x", 1, "p:N"},
    {"", "QuantizeLinear", "xSz", 1, "axis:x block_size:i output_dtype:d saturate:b"},
    {"", "QuantizeLinear", "xc?z", 1, "axis:x output_dtype:d"},
    {"", "DequantizeLinear", "BS?z", 1, "axis:x block_size:i output_dtype:d"},
    {"", "DynamicQuantizeLinear", "x", 3, ""},
    {"", "QLinearConv", "BSzqSZSz?O", 1, "", conv},
    {"", "ConvInteger", "Bq?zZ", 1, "", conv},
    {"", "QLinearMatMul", "BSzQSZSz", 1, ""},
    {"com.microsoft", "QGemm", "BSzQSZ?OSz", 1, "transB:b"},
    {"", "MatMulInteger", "BQ?zZ", 1, ""},
    {"com.microsoft", "FusedConv", "xw?o", 1,
     "activation!:Relu|Clip|LeakyRelu|Sigmoid|Tanh|HardSigmoid activation_params:F", conv},
    {"com.microsoft", "QLinearAdd", "BSzySzSz", 1, ""},
    {"com.microsoft", "QLinearMul", "BSzySzSz", 1, ""},
    {"com.microsoft", "QLinearSigmoid", "BSzSz", 1, ""},
    {"com.microsoft", "QLinearLeakyRelu", "BSzSz", 1, "alpha:f"},
    {"com.microsoft", "QLinearAveragePool", "BSzSz", 1, "count_include_pad:b channels_last:b", pool},
    {"com.microsoft", "QLinearGlobalAveragePool", "BSzSz", 1, "channels_last:b"},
    {"com.microsoft", "QLinearConcat", "SzBSzySz", 1, "axis!:x"},
    {"", "Reshape", "xr", 1, "allowzero:b"},
    {"", "Flatten", "x", 1, "axis:x"},
    {"", "Squeeze", "x?a", 1, "axes:L"},
    {"", "Unsqueeze", "xa", 1, "axes:L"},
    {"", "Resize", "x--h", 1, "mode:nearest|linear|cubic"},
    {"", "Resize", "x-f", 1,
     "mode:nearest|linear|cubic coordinate_transformation_mode:half_pixel|align_corners|asymmetric|pytorch_half_pixel "
     "nearest_mode:floor|ceil|round_prefer_floor|round_prefer_ceil antialias:b exclude_outside:b cubic_coeff_a:f"},
    {"", "Resize", "x--e", 1, "mode:nearest|linear|cubic keep_aspect_ratio_policy:stretch|not_larger|not_smaller"},
    {"", "Resize", "xff", 1, "coordinate_transformation_mode!:tf_crop_and_resize extrapolation_value:f"},
    {"", "Upsample", "x?f", 1, "scales:F height_scale:f width_scale:f mode:nearest|linear"},
    {"", "CumSum", "xk", 1, "exclusive:b reverse:b"},
    {"", "CumProd", "xk", 1, "exclusive:b reverse:b"},
    {"", "Scatter", "xju", 1, "axis:x"},
    {"", "ScatterElements", "xju", 1, "axis:x reduction:none|add|mul|min|max"},
    {"", "ScatterND", "xJu", 1, "reduction:none|add|mul|min|max"},
    {"", "ArgMax", "x", 1, "axis:x keepdims:b select_last_index:b"},
    {"", "ArgMin", "x", 1, "axis:x keepdims:b select_last_index:b"},
    {"", "TopK", "xk", 2, "axis:x largest:b sorted:b k:N"},
    {"", "Slice", "xn?nan", 1, "starts:n ends:n axes:L"},
    {"", "Softmax", "x", 1, "axis:x"},
    {"", "LogSoftmax", "x", 1, "axis:x"},
    {"", "Hardmax", "x", 1, "axis:x"},
    {"", "Split", "x?n", 2, "axis:x split:n num_outputs:N"},
    {"", "Transpose", "x", 1, "perm:R"},
    {"", "ReduceMean", "x?a", 1, "", reduce},
    {"", "ReduceSum", "x?a", 1, "", reduce},
    {"", "ReduceMax", "x?a", 1, "", reduce},
    {"", "ReduceMin", "x?a", 1, "", reduce},
    {"", "ReduceProd", "x?a", 1, "", reduce},
    {"", "ReduceL1", "x?a", 1, "", reduce},
    {"", "ReduceL2", "x?a", 1, "", reduce},
    {"", "ReduceLogSum", "x?a", 1, "", reduce},
    {"", "ReduceLogSumExp", "x?a", 1, "", reduce},
    {"", "ReduceSumSquare", "x?a", 1, "", reduce},
    {"", "Equal", "xy", 1, ""},
    {"", "Greater", "xy", 1, ""},
    {"", "GreaterOrEqual", "xy", 1, ""},
    {"", "Less", "xy", 1, ""},
    {"", "LessOrEqual", "xy", 1, ""},
    {"", "And", "bb", 1, ""},
    {"", "Or", "bb", 1, ""},
    {"", "Xor", "bb", 1, ""},
    {"", "Not", "b", 1, ""},
    {"", "IsInf", "x", 1, "detect_positive:b detect_negative:b"},
};

constexpr std::string_view phrases[] = {
    "Conv BatchNormalization Relu",
    "Pad Conv Clip",
    "Conv Relu Conv Conv Add Relu",
    "Conv HardSwish Conv Relu Conv Add",
    "QuantizeLinear DequantizeLinear Conv Relu QuantizeLinear DequantizeLinear",
    "QuantizeLinear DequantizeLinear Gemm QuantizeLinear DequantizeLinear",
    "QuantizeLinear DequantizeLinear MaxPool QuantizeLinear DequantizeLinear",
    "QuantizeLinear DequantizeLinear GlobalAveragePool QuantizeLinear DequantizeLinear Flatten",
    "QuantizeLinear DequantizeLinear Add QuantizeLinear DequantizeLinear Mul",
    "QuantizeLinear DequantizeLinear Pad QuantizeLinear DequantizeLinear Conv",
    "MatMul Add Relu Transpose Add",
    "MatMul Mul Sub Div",
    "Reshape Transpose Reshape",
    "Div Erf Add Mul Mul",
    "Sigmoid Mul",
    "GlobalAveragePool Conv Relu Conv Sigmoid Mul Conv",
    "Conv Concat Conv Concat Conv",
    "GlobalAveragePool Flatten Gemm Softmax",
    "Conv Flatten Gemm",
    "Split Concat Transpose",
    "Shape Gather Unsqueeze Concat",
    "Identity Dropout Cast Reshape",
};

}  // namespace

std::span<const OperatorForm> operator_forms() {
  static const std::vector<OperatorForm> all = [] {
    std::vector<OperatorForm> made(std::begin(forms), std::end(forms));
    for (std::span<const OpEntry> family : op_families())
      for (const OpEntry& row : family)
        if (std::none_of(made.begin(), made.end(),
                         [&](const OperatorForm& form) { return form.domain == row.domain && form.type == row.type; }))
          made.push_back({row.domain, row.type, "x", 1, ""});
    return made;
  }();
  return all;
}

std::span<const std::string_view> operator_phrases() { return phrases; }

}  // namespace cnn::test
