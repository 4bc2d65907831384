# SPDX-License-Identifier: MIT
"""Networks of every family that classifies pictures, with seeded random weights, and their two ways into ONNX."""

import warnings

# family -> (library, constructor, side of the input)
FAMILIES = {
    "AlexNet": ("torchvision", "alexnet", 224),
    "VGG": ("torchvision", "vgg11_bn", 224),
    "GoogLeNet": ("torchvision", "googlenet", 224),
    "Inception v3": ("torchvision", "inception_v3", 299),
    "ResNet": ("torchvision", "resnet18", 224),
    "ResNet with bottlenecks": ("torchvision", "resnet50", 224),
    "ResNeXt": ("torchvision", "resnext50_32x4d", 224),
    "Wide ResNet": ("torchvision", "wide_resnet50_2", 224),
    "DenseNet": ("torchvision", "densenet121", 224),
    "SqueezeNet": ("torchvision", "squeezenet1_1", 224),
    "MobileNet v1": ("timm", "mobilenetv1_100", 224),
    "MobileNet v2": ("torchvision", "mobilenet_v2", 224),
    "MobileNet v3": ("torchvision", "mobilenet_v3_large", 224),
    "ShuffleNet v2": ("torchvision", "shufflenet_v2_x1_0", 224),
    "MNASNet": ("torchvision", "mnasnet1_0", 224),
    "EfficientNet": ("torchvision", "efficientnet_b0", 224),
    "EfficientNet v2": ("torchvision", "efficientnet_v2_s", 224),
    "RegNet": ("torchvision", "regnet_y_400mf", 224),
    "ConvNeXt": ("torchvision", "convnext_tiny", 224),
    "MobileViT": ("timm", "mobilevit_s", 256),
    "Swin": ("torchvision", "swin_t", 224),
    "ViT": ("torchvision", "vit_b_32", 224),
}
EXPORTERS = ("torchscript", "dynamo")


def build(family):
    """The same weights in every process. Normalisations get statistics other than 0 and 1, so that folding them shows;
    factors that begin near 0 (layer scale, the last BatchNorm of a residual) get larger ones, so that branches count."""
    import torch
    library, constructor, _ = FAMILIES[family]
    torch.manual_seed(0)
    if library == "timm":
        import timm
        network = timm.create_model(constructor, pretrained=False)
    else:
        import torchvision
        extra = {"init_weights": True, "aux_logits": False} if constructor in ("googlenet", "inception_v3") else {}
        network = getattr(torchvision.models, constructor)(weights=None, **extra)
    network = network.eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    for name, parameter in network.named_parameters():
        if name.endswith(("layer_scale", "gamma")):
            torch.nn.init.uniform_(parameter, 0.1, 0.5)
        elif not parameter.any():  # a head that begins with zeros answers zeros, as biases would go unnoticed
            torch.nn.init.normal_(parameter, std=0.05)
    return network


def picture(family):
    """Input [1, 3, side, side], as a normalised picture would be spread."""
    import torch
    side = FAMILIES[family][2]
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))


def export(network, image, exporter, path):
    import torch
    warnings.filterwarnings("ignore")
    if exporter == "torchscript":
        torch.onnx.export(network, image, path, input_names=["input"], output_names=["output"], opset_version=17,
                          dynamo=False)
    else:
        torch.onnx.export(network, (image,), path, input_names=["input"], output_names=["output"], dynamo=True,
                          external_data=False, verbose=False)
