#!/usr/bin/env python3
"""What an exported ONNX file computes is what `mlp-client predict` says, from the file alone.

onnx_test.py BIN_DIR: makes models and tables, exports, checks the file with onnx.checker, evaluates its
graph node by node in NumPy and compares labels and probabilities. Exit code 77: skipped.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError as error:
    print(f"skipped: {error}; scripts/install-dependencies --tests installs it", file=sys.stderr)
    sys.exit(77)

CLIENT = os.path.join(sys.argv[1], "mlp-client")
ACTIVATIONS = ["relu", "tanh", "logistic", "identity", "unrectified-relu"]


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def label_encoder(x, keys_strings, values_int64s, default_int64):
    table = dict(zip([k.decode() for k in keys_strings], values_int64s))
    return np.vectorize(lambda text: table.get(text, default_int64), otypes=[np.int64])(x)


def one_hot(x, cats_int64s, zeros):
    ones = (x[..., None] == np.array(cats_int64s)).astype(np.float32)
    assert zeros == 1 or (ones.sum(axis=-1) == 1).all(), "a category that is not there"
    return ones


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def cast(x, to):
    return x.astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to])


def arg_max(x, axis, keepdims):
    assert keepdims == 0
    return x.argmax(axis=axis)


OPERATORS = {
    ("", "IsNaN"): np.isnan,
    ("", "Where"): np.where,
    ("", "Sub"): np.subtract,
    ("", "Div"): np.divide,
    ("", "Concat"): lambda *x, axis: np.concatenate(x, axis=axis),
    ("", "Cast"): cast,
    ("", "Reshape"): lambda x, shape: x.reshape(shape),
    ("", "Gemm"): lambda a, b, c: a @ b + c,
    ("", "Relu"): lambda x: np.maximum(x, x.dtype.type(0)),
    ("", "Tanh"): np.tanh,
    ("", "Sigmoid"): lambda x: 1 / (1 + np.exp(-x)),
    ("", "Softmax"): softmax,
    ("", "ArgMax"): arg_max,
    ("", "Gather"): lambda data, indices: data[indices],
    ("", "Identity"): lambda x: x,
    ("ai.onnx.ml", "LabelEncoder"): label_encoder,
    ("ai.onnx.ml", "OneHotEncoder"): one_hot,
}


def evaluate(model, inputs):
    values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    for name, value in values.items():
        if value.dtype.kind in "SO":
            values[name] = np.array([v if isinstance(v, str) else v.decode() for v in value.ravel()]).reshape(value.shape)
    for given in model.graph.input:
        kind = given.type.tensor_type.elem_type
        value = inputs[given.name]
        if kind != onnx.TensorProto.STRING:
            assert value.dtype == onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[kind], given.name
        assert value.shape[1] == given.type.tensor_type.shape.dim[1].dim_value
        values[given.name] = value
    for node in model.graph.node:
        operator = OPERATORS[(node.domain, node.op_type)]
        values[node.output[0]] = operator(*[values[i] for i in node.input], **attributes(node))
    return [values[o.name] for o in model.graph.output]


def random_model(rng, activation, precision, sizes, output, schema):
    kind = np.float32 if precision == "float32" else np.float64
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers.append({
            "bias": rng.normal(size=outputs).astype(kind).tolist(),
            "weights": rng.normal(scale=2 / np.sqrt(inputs),
                                  size=(inputs, outputs)).astype(kind).tolist()})
    model = {"format": "mlp-model-1", "precision": precision, "layer_sizes": sizes,
             "activation": activation, "output": output, "layers": layers}
    if schema:
        model["schema"] = schema
    return model


def table_schema(classes):
    return {
        "columns": [
            {"name": "weight", "imputed_number": 2.5, "mean": 3.25, "scale": 0.7},
            {"name": "colour", "categories": ["red", "grün", "a \"b\", c"],
             "imputed_category": "grün", "scale": 1},
            {"name": "label", "mean": -1e3, "scale": 250},
            {"name": "plain", "scale": 1},
            {"name": "size", "categories": ["s", "m"], "scale": 1},
        ],
        "label": "fruit", "classes": classes}


def table_rows(rng, count):
    rows = []
    for _ in range(count):
        weight = rng.choice(["", "NA", "Null", repr(float(rng.normal(3, 1)))],
                            p=[0.1, 0.05, 0.05, 0.8])
        colour = rng.choice(["red", "grün", "a \"b\", c", "", "nan", "?", "N/a", "#N/A", "<NA>",
                             "nULL"])
        rows.append({"weight": weight, "colour": colour, "label": repr(float(rng.normal(0, 900))),
                     "plain": repr(float(rng.normal())), "size": rng.choice(["s", "m"]),
                     "fruit": "x"})
    return rows


def table_inputs(rows):
    def number(text):
        return float("nan") if text in ("", "NA", "Null") else float(text)
    inputs = {}
    for name in ("weight", "label", "plain"):
        inputs[name] = np.array([[number(r[name])] for r in rows])
    for name in ("colour", "size"):
        inputs[name] = np.array([[r[name]] for r in rows], dtype=object)
    return inputs


def client(*arguments):
    done = subprocess.run([CLIENT, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


class Case:
    """A model in JSON, its ONNX file, and what predict says of a table."""

    labels = set()  # of all cases

    def __init__(self, model, table, directory):
        source = os.path.join(directory, "model.json")
        target = os.path.join(directory, "model.onnx")
        with open(source, "w", encoding="utf-8") as file:
            json.dump(model, file)
        client("model", "export", source, "-o", target)
        self.onnx = onnx.load(target)
        onnx.checker.check_model(self.onnx, full_check=True)
        self.predicted = list(csv.reader(client("predict", source, table).splitlines()))

    def check(self, inputs):
        results = evaluate(self.onnx, inputs)
        header, lines = self.predicted[0], self.predicted[1:]
        if len(results) == 1:
            numbers = np.array([[float(cell) for cell in line] for line in lines])
            assert self.onnx.graph.output[0].name == "prediction"
            np.testing.assert_allclose(results[0], numbers, rtol=1e-6, atol=1e-6)
            return
        labels, probabilities = results
        numbers = np.array([[float(cell) for cell in line[1:]] for line in lines])
        np.testing.assert_allclose(probabilities, numbers, rtol=0, atol=1e-6)
        assert [str(label) for label in labels] == [line[0] for line in lines]
        Case.labels.update(line[0] for line in lines)
        assert header[1:] == sorted(set(header[1:]), key=header[1:].index)


def write_table(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def check_with_schema(rng, activation, precision, regression, directory):
    classes = [] if regression else ["apple", "pêche", "kiwi, \"green\""]
    sizes = [8, 6, 5, 1 if regression else 3]
    model = random_model(rng, activation, precision, sizes,
                         "identity" if regression else "softmax", table_schema(classes))
    rows = table_rows(rng, 200)
    table = os.path.join(directory, "table.csv")
    write_table(table, rows)
    Case(model, table, directory).check(table_inputs(rows))


def check_without_schema(rng, activation, precision, regression, directory):
    sizes = [4, 1] if regression else [4, 7, 3]
    model = random_model(rng, activation, precision, sizes,
                         "identity" if regression else "softmax", None)
    features = rng.normal(size=(150, 4))
    table = os.path.join(directory, "numbers.csv")
    np.savetxt(table, features, delimiter=",", fmt="%.17g")
    kind = np.float32 if precision == "float32" else np.float64
    Case(model, table, directory).check({"features": features.astype(kind)})


def check_npz(rng, directory):
    """numpy.load reads an archive, and what it has makes the same predictions."""
    model = random_model(rng, "relu", "float64", [4, 5, 3], "softmax", None)
    source, target = os.path.join(directory, "m.json"), os.path.join(directory, "m.npz")
    with open(source, "w", encoding="utf-8") as file:
        json.dump(model, file)
    client("model", "export", source, "-o", target)
    with np.load(target) as arrays:
        for i, layer in enumerate(model["layers"]):
            assert (arrays[f"coefs_{i}"] == np.array(layer["weights"])).all()
            assert (arrays[f"intercepts_{i}"] == np.array(layer["bias"])).all()
        assert json.loads(arrays["model.json"])["activation"] == "relu"


def main():
    rng = np.random.default_rng(7)
    cases = 0
    with tempfile.TemporaryDirectory() as directory:
        for precision in ("float64", "float32"):
            for activation in ACTIVATIONS:
                for regression in (False, True):
                    check_with_schema(rng, activation, precision, regression, directory)
                    check_without_schema(rng, activation, precision, regression, directory)
                    cases += 2
        check_npz(rng, directory)
    assert len(Case.labels) == 6, Case.labels
    print(f"{cases} ONNX files say what predict says")


main()
