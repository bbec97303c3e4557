"""Whole files of every format that is read, small, to be damaged by test_damaged_files."""

import io
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

import toolbox
from toolbox.core.streams import generator


class Seed(NamedTuple):
    """A whole file, and how its numbers can be told from its bytes."""

    name: str
    content: bytes
    dim: int = 2
    beside: tuple[tuple[str, bytes], ...] = ()
    values: np.ndarray | None = None  # as they stand in the file, or None where it has checksums


def grey(dtype="u1", shape=(12, 10), seed=1):
    noise = generator(seed, "damaged", dtype, *shape).standard_normal(shape)
    return (100 + 20 * noise).astype(dtype)


# ------------------------------------------------------------------------------------ whole files


def png_seeds():
    from PIL import Image

    def png(pixels, **options):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG", dpi=(300, 300), **options)
        return Seed("torn.png", out.getvalue())

    palette = Image.fromarray(grey() // 64).convert("P")
    out = io.BytesIO()
    palette.save(out, "PNG", transparency=1)
    return [
        png(grey()),
        png(grey("u2")),
        png(grey(shape=(12, 10, 4))),
        png(grey(shape=(9, 8, 3)), transparency=(100, 100, 100)),
        png(grey() > 100),
        Seed("torn.png", out.getvalue()),
    ]


def jpeg_seeds():
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(grey(shape=(24, 16, 3))).save(out, "JPEG", quality=90)
    return [Seed("torn.jpg", out.getvalue(), values=np.zeros(0))]


def tiff_seeds():
    import tifffile
    from PIL import Image

    def tiff(pixels, *, stands=False, writer=None, **options):
        out = io.BytesIO()
        with tifffile.TiffWriter(out, **(writer or {})) as file:
            file.write(pixels, **{"photometric": "minisblack"} | options)
        return Seed("torn.tif", out.getvalue(), values=pixels if stands else np.zeros(0))

    def pillow(image, **options):
        out = io.BytesIO()
        image.save(out, "TIFF", **options)
        return Seed("torn.tif", out.getvalue(), values=np.zeros(0))

    colour, levels = grey(shape=(40, 36, 3)), np.arange(768, dtype="u2").reshape(3, 256)
    pages = [Image.fromarray(grey(seed=i)) for i in range(3)]
    return [
        tiff(grey("u2"), stands=True),
        tiff(grey("f4", (3, 12, 10)), stands=True),
        tiff(grey("f8"), stands=True, writer={"bigtiff": True, "byteorder": ">"}),
        tiff(colour, photometric="rgb", tile=(16, 16), compression="lzw", predictor=2),
        tiff(grey("f4", (20, 18)), compression="deflate", predictor=3, rowsperstrip=4),
        tiff(grey(), photometric="palette", colormap=levels * 80, compression="packbits"),
        tiff(grey("i2", (2, 3, 12, 10)), metadata={"axes": "TCYX"}, compression="zstd"),
        tiff(grey("u2", (2, 3, 12, 10)), photometric=None, writer={"imagej": True}),
        tiff(grey("u1", (2, 12, 10)), writer={"ome": True}, compression="lzma"),
        tiff(colour, photometric="rgb", compression="jpeg"),
        tiff(colour, photometric="rgb", compression="jpeg2000"),
        tiff(colour, photometric="rgb", compression="webp"),
        tiff(grey("f4"), compression="lerc"),
        tiff(grey("u2") % 4096, bitspersample=12),
        tiff(grey("f4"), extratags=[(42113, 2, 0, "-9999", True)], stands=True),
        pillow(pages[0], save_all=True, append_images=pages[1:], compression="tiff_lzw"),
        pillow(Image.fromarray(grey() > 100), compression="group4"),
        pillow(Image.fromarray(grey(shape=(12, 10, 4)), "CMYK"), compression="tiff_lzw"),
    ]


def npy_seeds():
    def npy(array):
        out = io.BytesIO()
        np.save(out, array)
        return Seed("torn.npy", out.getvalue(), dim=1, values=array)

    return [
        npy(grey("f4")),
        npy(grey("f8")),
        npy(grey("i4")),
        npy(np.asfortranarray(grey("f4")).astype(">f4", order="K")),
        npy(grey()),
    ]


def npz_seeds():
    def npz(save):
        out = io.BytesIO()
        save(out, values=grey("f4"), labels=np.array(list("ab" * 6)), names=np.arange(12))
        return Seed("torn.npz", out.getvalue(), dim=1)

    return [npz(np.savez), npz(np.savez_compressed)]


def mat_variables(number="f8"):
    cell = np.array(["one", "two", "three"] * 4, dtype=object)
    return {"values": grey(number), "labels": cell, "names": np.array(["ab", "c "] * 6)}


def mat4_seeds():
    from scipy.io import savemat

    seeds = []
    for number in ("f8", "i2"):
        out = io.BytesIO()
        savemat(out, {"values": grey(number)}, format="4")
        seeds.append(Seed("torn.mat", out.getvalue(), dim=1, values=grey(number)))
    return seeds


def mat5(compressed):
    from scipy.io import savemat
    from scipy.sparse import csc_array

    seeds = []
    for number in ("f8", "f4", "u1"):
        out = io.BytesIO()
        more = {"thin": csc_array(grey() % 2), "held": {"deep": grey("c8"), "flag": True}}
        savemat(out, mat_variables(number) | more, do_compression=compressed)
        whole = None if compressed else grey(number)
        seeds.append(Seed("torn.mat", out.getvalue(), dim=1, values=whole))
    return seeds


def mat5_seeds():
    return mat5(compressed=False)


def mat7_seeds():
    return mat5(compressed=True)


def mat73_seeds():
    import h5py

    seeds = []
    for options in ({}, {"compression": "gzip", "chunks": (5, 4)}):
        out = io.BytesIO()
        with h5py.File(out, "w", userblock_size=512) as file:
            values = file.create_dataset("values", data=grey("f8").T, **options)
            values.attrs["MATLAB_class"] = np.bytes_("double")
            thin = file.create_group("#thin")
            thin.attrs["MATLAB_sparse"] = np.uint64(3)
            thin["data"], thin["ir"], thin["jc"] = [1.0, 2.5], [0, 2], np.uint64([0, 1, 2])
            cell = file.create_dataset("labels", (12, 1), dtype=h5py.ref_dtype)
            cell.attrs["MATLAB_class"] = np.bytes_("cell")
            for i in range(12):
                word = file.create_dataset(f"#refs/{i}", data=np.array([[97 + i % 2]], "u2"))
                word.attrs["MATLAB_class"] = np.bytes_("char")
                cell[i, 0] = word.ref
        content = bytearray(out.getvalue())
        content[:19] = b"MATLAB 7.3 MAT-file"
        whole = np.zeros(0) if options else grey("f8")
        seeds.append(Seed("torn.mat", bytes(content), dim=1, values=whole))
    return seeds


def wfdb_record(kind):
    samples = np.stack([grey("i2", (60,)), grey("i2", (60,), seed=2)])
    flat = samples.T.ravel()
    if kind == "16":
        data = flat.astype("<i2").tobytes()
    else:
        a, b = flat[::2] & 0xFFF, flat[1::2] & 0xFFF
        data = np.stack([a & 255, (a >> 8) | (b >> 8 << 4), b & 255], 1).astype("u1").tobytes()
    lines = ["torn 2 4 60"] + [
        f"torn.dat {kind} 10(3)/bpm 12 0 {row[0]} {int(row.sum())} 0 FHR" for row in samples
    ]
    return "\n".join([*lines, "#pH 7.1", ""]).encode(), data


def wfdb_sums(content):
    """Return the checksums of the two signals, for either format: that of format 16 is longer."""
    if len(content) >= 240:
        samples = np.frombuffer(content[:240], "<i2").astype(int)
    else:
        low, middle, high = np.frombuffer(content[:180], "u1").reshape(-1, 3).T.astype(int)
        samples = np.stack([low + (middle % 16 << 8), high + (middle // 16 << 8)], 1).ravel()
        samples = np.where(samples > 2047, samples - 4096, samples)
    return samples.reshape(-1, 2).sum(axis=0) % 2**16


def wfdb_header_seeds():
    records = [wfdb_record("16"), wfdb_record("212")]
    unknown = np.zeros(0)
    return [Seed("torn.hea", head, 1, (("torn.dat", data),), unknown) for head, data in records]


def wfdb_data_seeds():
    records = [wfdb_record("16"), wfdb_record("212")]
    return [Seed("torn.dat", data, 1, (("torn.hea", head),)) for head, data in records]


def record_seeds():
    made = toolbox.crops(grey("f4", (12, 10)), size=4)
    with tempfile.TemporaryDirectory() as folder:
        toolbox.save(made, Path(folder, "whole.npz"))
        return [Seed("torn.npz", Path(folder, "whole.npz").read_bytes())]


def weights_seeds():
    import torch
    from safetensors.torch import save

    from toolbox.torch_features.vgg19 import layer_shapes

    tensors = {}
    for name, shape in layer_shapes(1).items():
        tensors[f"{name}.weight"] = torch.from_numpy(grey("f4", shape))
        tensors[f"{name}.bias"] = torch.from_numpy(grey("f4", shape[:1]))
    return [Seed("torn.safetensors", save(tensors), values=np.zeros(0))]


FORMATS = {
    name.removesuffix("_seeds"): make
    for name, make in list(globals().items())
    if name.endswith("_seeds")
}
