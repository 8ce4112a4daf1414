"""Lesson 07: right solutions in the styles that students write."""

import numpy as np

LESSON = "07-transfer-learning"


# preprocess ---------------------------------------------------------------------------------------


def preprocess_by_arrays(image):
    x = image.astype(float)
    if image.dtype == np.uint8:
        x = x / 255
    x = (x - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    return x.reshape(1, *x.shape)


def preprocess_channel_by_channel(image):
    if image.dtype == np.uint8:
        image = image / 255.0
    means = [0.485, 0.456, 0.406]
    deviations = [0.229, 0.224, 0.225]
    result = np.zeros((1, image.shape[0], image.shape[1], 3))
    for c in range(3):
        result[0, :, :, c] = (image[:, :, c] - means[c]) / deviations[c]
    return result


def preprocess_pixel_by_pixel(image):
    whole = image.dtype == np.uint8
    out = []
    for row in image:
        pixels = []
        for red, green, blue in row:
            if whole:
                red, green, blue = float(red) / 255, float(green) / 255, float(blue) / 255
            pixels.append([(red - 0.485) / 0.229, (green - 0.456) / 0.224, (blue - 0.406) / 0.225])
        out.append(pixels)
    return [out]


def preprocess_factor_and_shift(image):
    deviations = np.array((0.229, 0.224, 0.225))
    factor = 1 / deviations
    if np.issubdtype(image.dtype, np.integer):
        factor = factor / 255
    return np.expand_dims(image * factor - np.array((0.485, 0.456, 0.406)) / deviations, axis=0)


def preprocess_float32(image):
    scale = np.float32(255) if image.dtype.kind == "u" else np.float32(1)
    x = np.asarray(image, dtype=np.float32) / scale
    x -= np.float32([0.485, 0.456, 0.406])
    x /= np.float32([0.229, 0.224, 0.225])
    return x[None]


def preprocess_stacked(image):
    red, green, blue = (image[..., c] / (255 if image.dtype == np.uint8 else 1) for c in range(3))
    channels = [(red - 0.485) / 0.229, (green - 0.456) / 0.224, (blue - 0.406) / 0.225]
    return np.stack([np.dstack(channels)])


# top_k --------------------------------------------------------------------------------------------


def top_by_stable_sort(probs, k):
    return np.argsort(-probs, kind="stable")[:k]


def top_by_sorted(probs, k):
    order = sorted(range(len(probs)), key=lambda i: -probs[i])
    return order[:k]


def top_by_crossing_out(probs, k):
    left = probs.copy()
    best = []
    for _ in range(k):
        place = np.argmax(left)
        best.append(place)
        left[place] = -np.inf
    return np.array(best)


def top_by_pairs(probs, k):
    pairs = [(-value, place) for place, value in enumerate(probs)]
    pairs.sort()
    return [place for _, place in pairs[:k]]


def top_by_searching(probs, k):
    taken = []
    while len(taken) < k:
        best = None
        for place in range(len(probs)):
            if place in taken:
                continue
            if best is None or probs[place] > probs[best]:
                best = place
        taken.append(best)
    return taken


def top_by_lexsort(probs, k):
    return np.lexsort((np.arange(len(probs)), -probs))[:k]


def top_by_heap(probs, k):
    import heapq

    return heapq.nlargest(k, range(len(probs)), key=lambda place: (probs[place], -place))


def top_as_floats(probs, k):
    order = list(range(len(probs)))
    order.sort(key=lambda place: probs[place], reverse=True)
    return np.array(order[:k], dtype=float)


# freeze -------------------------------------------------------------------------------------------


def freeze_by_two_tests(params, names):
    trains = []
    for name in params:
        layer = name.split(".")[0]
        trains.append(layer not in names and name not in names)
    return trains


def freeze_by_beginnings(params, names):
    return [not any(name == frozen or name.startswith(frozen + ".") for frozen in names) for name in params]


def freeze_by_marking(params, names):
    trains = dict.fromkeys(params, True)
    for frozen in names:
        for name in params:
            if name == frozen or name[: len(frozen) + 1] == f"{frozen}.":
                trains[name] = False
    return list(trains.values())


def freeze_by_sets(params, names):
    frozen = set(names)
    return [frozen.isdisjoint((name, name.partition(".")[0])) for name in params]


def freeze_by_array(params, names):
    trains = np.ones(len(params), dtype=bool)
    for place, name in enumerate(params):
        if name in names or name[: name.index(".")] in names:
            trains[place] = False
    return trains


def freeze_as_numbers(params, names):
    result = []
    for name in params:
        found = 0
        for frozen in names:
            if name.split(".")[0] == frozen or name == frozen:
                found += 1
        result.append(1 if found == 0 else 0)
    return result


RIGHT = {
    "preprocess": (
        preprocess_by_arrays,
        preprocess_channel_by_channel,
        preprocess_pixel_by_pixel,
        preprocess_factor_and_shift,
        preprocess_float32,
        preprocess_stacked,
    ),
    "top_k": (
        top_by_stable_sort,
        top_by_sorted,
        top_by_crossing_out,
        top_by_pairs,
        top_by_searching,
        top_by_lexsort,
        top_by_heap,
        top_as_floats,
    ),
    "freeze": (
        freeze_by_two_tests,
        freeze_by_beginnings,
        freeze_by_marking,
        freeze_by_sets,
        freeze_by_array,
        freeze_as_numbers,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "preprocess": {
        "every cell is written before it is read": ("preprocess_channel_by_channel: np.zeros → np.ones",),
        "in a batch of one, the first photo is the last": ("preprocess_channel_by_channel: 0 → -1 (2)",),
    },
    "freeze": {
        "only whether either of the two is named is asked": (
            "freeze_by_sets: (name, name.partition('.')[0]) → (name.partition('.')[0], name)",
        ),
    },
}
