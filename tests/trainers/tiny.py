"""A language model small enough for a test: Llama's architecture, random weights, a tokenizer made of its own texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# The chat form of Llama 3, as far as these tests speak it: it trims contents, as the real one does.
TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|start|>' + message['role'] + '<|end|>\n\n' + (message['content'] or '') | trim }}"
    "{% if message.tool_calls %}"
    "{% for call in message.tool_calls %}"
    "{{ '<call>' + call.function.name + (call.function.arguments | tojson) + '</call>' }}"
    "{% endfor %}{% endif %}"
    "{{ '<|eot|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant<|end|>\n\n' }}{% endif %}"
)


def tokenizer(texts: Iterable[str]) -> Any:
    """Byte-level BPE over these texts, with the chat template above."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<|begin|>", "<|eot|>", "<|pad|>", "<|start|>", "<|end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=600, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=special[0], eos_token=special[1], pad_token=special[2]
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def model(tokenizer_: Any) -> Any:
    """Two layers of Llama, the same weights every time."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)  # two layers are done before threads have met
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(tokenizer_),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=512,
        bos_token_id=tokenizer_.bos_token_id,
        eos_token_id=tokenizer_.eos_token_id,
        pad_token_id=tokenizer_.pad_token_id,
    )
    return LlamaForCausalLM(config)


def surprise(model_: Any, tokenizer_: Any, prompt: list[dict[str, str]], answer: list[dict[str, str]]) -> float:
    """Mean negative log-likelihood of an answer's tokens."""
    import torch

    asked = tokenizer_.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False)
    whole = tokenizer_.apply_chat_template(prompt + answer, return_dict=False)
    assert whole[: len(asked)] == asked
    ids = torch.tensor([whole])
    labels = ids.clone()
    labels[0, : len(asked)] = -100
    model_.eval()
    with torch.no_grad():
        return float(model_(input_ids=ids.to(model_.device), labels=labels.to(model_.device)).loss)
