"""Real vectors, and faiss's answers to queries among them, as npy files.

    python3 make.py SITE OUT

SITE is where the packages of requirements.txt are, OUT the folder to write to:

    NAME.npy                  the vectors
    NAME-queries.npy          the queries
    NAME-METRIC-scores.npy    the best scores of each query, as IndexFlat finds them
    NAME-METRIC-ids.npy       and their rows
    faiss-ivf.csv             recall and time of faiss's IndexIVFFlat on the patches

Digits are 1797 images of 8 x 8 small integers (UCI, CC BY 4.0), patches all 265,860 squares of 8 x 8
pixels of a photograph. All are integers whose squared distances and inner products f32 holds without
rounding, so that equal scores are really equal.
"""

import gzip
import os
import sys
import time

site, out = sys.argv[1:]
sys.path.insert(0, site)
# One thread on each side, so that times compare.
os.environ["OMP_NUM_THREADS"] = "1"

import faiss  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

K = 20
LISTS = 512
PROBES = [1, 2, 4, 8, 16, 32, 64, 128]


def save(name, array):
    np.save(os.path.join(out, name + ".npy"), np.ascontiguousarray(array))


def digits():
    path = os.path.join(site, "sklearn/datasets/data/digits.csv.gz")
    with gzip.open(path) as file:
        return np.loadtxt(file, delimiter=",", dtype=np.float32)[:, :64].copy()


def patches(photograph):
    path = os.path.join(site, "sklearn/datasets/images", photograph)
    pixels = np.asarray(Image.open(path).convert("RGB"))
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (8, 8, 3))
    return windows.reshape(-1, 192).astype(np.float32)


def flat(metric, vectors):
    index = faiss.IndexFlatL2(vectors.shape[1]) if metric == "l2" else faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def unit(vectors):
    copy = vectors.copy()
    faiss.normalize_L2(copy)
    return copy


def answers(name, vectors, queries):
    # Distances by direct difference, which is exact here; the expanded form is not.
    faiss.cvar.distance_compute_blas_threshold = 1 << 30
    save(name, vectors)
    save(name + "-queries", queries)
    for metric in ["l2", "ip", "cosine"]:
        prepare = unit if metric == "cosine" else (lambda x: x)
        index = flat(metric, prepare(vectors))
        scores, ids = index.search(prepare(queries), K)
        save(f"{name}-{metric}-scores", scores)
        save(f"{name}-{metric}-ids", ids.astype(np.int32))


def curve(vectors, queries):
    faiss.omp_set_num_threads(1)
    quantizer = faiss.IndexFlatL2(vectors.shape[1])
    index = faiss.IndexIVFFlat(quantizer, vectors.shape[1], LISTS)
    start = time.process_time()
    index.train(vectors)
    index.add(vectors)
    built = time.process_time() - start
    exact, _ = flat("l2", vectors).search(queries, 10)
    lines = [
        f"# faiss {faiss.__version__} IndexIVFFlat, {LISTS} lists, built in {built:.1f} s of processor time",
        "lists,probes,recall,milliseconds",
    ]
    for probes in PROBES:
        index.nprobe = probes
        # Processor time: what else runs on the machine does not count. A second at least.
        rounds, start = 0, time.process_time()
        while time.process_time() - start < 1:
            found = [index.search(query[None], 10)[0][0] for query in queries]
            rounds += 1
        milliseconds = (time.process_time() - start) / rounds / len(queries) * 1e3
        recall = np.mean(np.array(found) <= exact[:, -1:])
        lines.append(f"{LISTS},{probes},{recall:.5f},{milliseconds:.4f}")
    # Written last and at once: that it is there says that all is.
    with open(os.path.join(out, "faiss-ivf.csv"), "w") as file:
        file.write("\n".join(lines) + "\n")


rng = np.random.default_rng(1)
images = digits()
answers("digits", images, images)
china, flower = patches("china.jpg"), patches("flower.jpg")
# Some are in the photograph, where sky gives real ties; most are not.
chosen = np.concatenate([china[rng.choice(len(china), 50, False)], flower[rng.choice(len(flower), 150, False)]])
answers("patches", china, chosen)
answers("patches-cut", china[::89], chosen[::5])
curve(china, chosen)
