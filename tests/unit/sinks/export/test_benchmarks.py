import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.export.benchmarks import RUN, SHORTEST, TEMPLATE, Benchmarks

words = st.lists(st.sampled_from("abcdef"), max_size=24)


def held(prompt: list[str], text: list[str]) -> bool:
    """The rule of the module for one prompt and one text, word by word."""
    if len(prompt) < SHORTEST:
        return False
    length = min(RUN, len(prompt))
    runs = {tuple(text[i : i + length]) for i in range(len(text) - length + 1)}
    covered = set()
    for at in range(len(prompt) - length + 1):
        if tuple(prompt[at : at + length]) in runs:
            covered.update(range(at, at + length))
    return len(covered) > len(prompt) / 2


@given(st.lists(st.lists(words, max_size=4), max_size=3), st.lists(words, max_size=5), st.data())
def test_texts_hold_prompts_as_the_rule_says_word_by_word(
    files: list[list[list[str]]], texts: list[list[str]], data: st.DataObject
) -> None:
    prompts = [prompt for file in files for prompt in file if prompt]
    if prompts:  # texts that quote
        for _ in range(3):
            prompt = data.draw(st.sampled_from(prompts))
            cut = data.draw(st.integers(0, len(prompt)))
            texts = [*texts, [*data.draw(words), *prompt[:cut], *data.draw(words), *prompt[cut:]]]
    benchmarks = Benchmarks([(str(i), [" ".join(p) for p in file]) for i, file in enumerate(files)])
    found = benchmarks.by_file([" ".join(text) for text in texts])
    expected = [[any(held(prompt, text) for prompt in file) for file in files] for text in texts]
    assert found.tolist() == expected
    assert benchmarks.contaminated([" ".join(text) for text in texts]).tolist() == [any(row) for row in expected]
    assert benchmarks.prompts == sum(len({tuple(p) for p in file if p}) for file in files)


QUESTION = "A train leaves Kyiv at noon, and goes 80 km an hour. How far is it at three o'clock?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QUESTION, True),
        (f"User: {QUESTION}\nAnswer: 240 km", True),
        (QUESTION.upper().replace(",", " ;"), True),
        ("a  train\tleaves kyiv at NOON and goes 80 km an hour; then?", True),  # the first eleven of nineteen
        ("A train leaves Kyiv at noon, and goes home.", False),  # eight of nineteen
        ("How far is it at three o'clock? A train leaves Kyiv at noon.", False),  # two halves, no run long enough
        ("", False),
    ],
)
def test_a_question_is_known_by_more_than_half_of_it(text: str, expected: bool) -> None:
    assert Benchmarks([("math", [QUESTION])]).contaminated([text]).tolist() == [expected]


def test_what_many_prompts_begin_with_proves_nothing() -> None:
    head = "Answer the following question with one letter only and say nothing else"
    prompts = [f"{head} which of the {i} is number {i} of all" for i in range(TEMPLATE + 1)]
    few, many = Benchmarks([("x", prompts[:-1])]), Benchmarks([("x", prompts)])
    assert few.contaminated([head]).tolist() == [True]
    assert many.contaminated([head, prompts[7], f"which of the 7 is number 7 of all {head}"]).tolist() == [
        False,
        True,
        True,
    ]
    alike = Benchmarks([("x", [f"{head} {i}" for i in range(9)] + [head] * 200 + ["yes", "no way"])])
    assert (alike.prompts, alike.unusable) == (12, 2)


def test_scripts_without_spaces_are_compared_by_character() -> None:
    benchmarks = Benchmarks([("ja", ["次の文章を読んで質問に答えなさい"])])
    assert benchmarks.contaminated(
        ["「次の文章を読んで、質問に答えなさい。」", "次の文章を書いてください"]
    ).tolist() == [
        True,
        False,
    ]


def test_no_prompts_and_no_texts() -> None:
    assert Benchmarks([]).contaminated(["a b c"]).tolist() == [False]
    assert Benchmarks([("x", ["a b c"])]).by_file([]).shape == (0, 1)


def test_texts_and_prompts_that_repeat_themselves_are_no_burden() -> None:
    benchmarks = Benchmarks([("x", [f"{'go ' * 3000}{i}" for i in range(TEMPLATE - 1)])])
    assert benchmarks.contaminated(["go " * 100_000, "go on " * 100_000]).tolist() == [True, False]
