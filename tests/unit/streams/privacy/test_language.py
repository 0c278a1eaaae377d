"""Languages are told apart, and where it is not sure, none is said. The texts are ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import language

TEXTS = {
    "en": [
        "Please have a look at the invoice, I think the amount is wrong.",
        "The build failed because the cache was stale, so we should clear it and try again.",
        "I don't know who wrote this but it is not what we agreed on.",
        "Could you tell me when the meeting is?",
    ],
    "de": [
        "Bitte prüfen Sie die Rechnung, ich glaube, der Betrag ist nicht richtig.",
        "Der Build ist fehlgeschlagen, weil der Cache veraltet war; wir sollten ihn leeren.",
        "Kannst du mir sagen, wann das Treffen ist?",
        "Ich habe keine Ahnung, wer das geschrieben hat, aber so war es nicht vereinbart.",
    ],
    "fr": [
        "Pouvez-vous vérifier la facture ? Je crois que le montant est faux.",
        "La compilation a échoué parce que le cache n'est pas à jour, il faut le vider.",
        "Je ne sais pas qui a écrit cela mais ce n'est pas ce que nous avons décidé.",
    ],
    "es": [
        "Por favor, revise la factura, creo que el importe no es correcto.",
        "La compilación falló porque la caché estaba obsoleta, hay que vaciarla y probar otra vez.",
        "No sé quién escribió esto, pero no es lo que acordamos con los clientes.",
    ],
    "it": [
        "Per favore controlla la fattura, credo che l'importo non sia giusto, grazie.",
        "La compilazione non è riuscita perché la cache era vecchia; bisogna svuotarla e riprovare con calma.",
        "Non so chi ha scritto questo, ma non è quello che abbiamo deciso nella riunione.",
    ],
    "pt": [
        "Por favor, verifique a fatura, acho que o valor não está correto.",
        "A compilação falhou porque o cache estava velho; é preciso limpar e tentar mais uma vez.",
        "Não sei quem escreveu isso, mas não foi o que combinamos com o cliente.",
    ],
    "nl": [
        "Kunt u de factuur nakijken? Ik denk dat het bedrag niet klopt.",
        "De build is mislukt omdat de cache verouderd was, we moeten hem leegmaken en het nog een keer proberen.",
        "Ik weet niet wie dit heeft geschreven, maar het is niet wat we hebben afgesproken.",
    ],
    "zh": ["\u8bf7\u68c0\u67e5\u4e00\u4e0b\u8fd9\u5f20\u53d1\u7968\uff0c\u6211\u89c9\u5f97\u91d1\u989d\u4e0d\u5bf9\u3002"],  # noqa: E501
    "ja": ["\u8acb\u6c42\u66f8\u3092\u78ba\u8a8d\u3057\u3066\u304f\u3060\u3055\u3044\u3002\u91d1\u984d\u304c\u9055\u3046\u3068\u601d\u3044\u307e\u3059\u3002"],  # noqa: E501
    "ko": ["\uccad\uad6c\uc11c\ub97c \ud655\uc778\ud574 \uc8fc\uc138\uc694. \uae08\uc561\uc774 \ud2c0\ub9b0 \uac83 \uac19\uc544\uc694."],  # noqa: E501
    "ru": ["\u041f\u043e\u0436\u0430\u043b\u0443\u0439\u0441\u0442\u0430, \u043f\u0440\u043e\u0432\u0435\u0440\u044c\u0442\u0435 \u0441\u0447\u0451\u0442, \u0441\u0443\u043c\u043c\u0430 \u043d\u0435 \u0442\u0430."],  # noqa: E501
    "ar": ["\u0645\u0646 \u0641\u0636\u0644\u0643 \u0631\u0627\u062c\u0639 \u0627\u0644\u0641\u0627\u062a\u0648\u0631\u0629 \u0641\u0627\u0644\u0645\u0628\u0644\u063a \u063a\u064a\u0631 \u0635\u062d\u064a\u062d"],  # noqa: E501
    "he": ["\u05d0\u05e0\u05d0 \u05d1\u05d3\u05d5\u05e7 \u05d0\u05ea \u05d4\u05d7\u05e9\u05d1\u05d5\u05e0\u05d9\u05ea, \u05d4\u05e1\u05db\u05d5\u05dd \u05e9\u05d2\u05d5\u05d9"],  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in TEXTS.items() for text in texts])
def test_a_sentence_is_in_its_language(code: str, text: str) -> None:
    assert language.detect(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "404",
        "Lena Okoro",
        "x = foo(bar)\ny = baz[1]\nprint(x, y)",
        "npm ERR! missing script: build",
        "QmFzZTY0IGlzIG5vdCBhIGxhbmd1YWdl",
        "\u0421\u043b\u0430\u0432\u0430 \u0423\u043a\u0440\u0430\u0457\u043d\u0456 \u0456 \u0457\u0457 \u043b\u044e\u0434\u044f\u043c",  # noqa: E501
    ],
)
def test_where_it_is_not_sure_none_is_said(text: str) -> None:
    assert language.detect(text) is None


def test_what_is_said_is_always_on_the_list() -> None:
    assert set(TEXTS) == {*language.LATIN, *language.SCRIPTS}


@given(st.text(max_size=100))
def test_any_text_has_an_answer(text: str) -> None:
    assert language.detect(text) in {None, *language.LATIN, *language.SCRIPTS}


@pytest.mark.parametrize("code", language.LATIN)
def test_two_languages_in_one_text_are_not_guessed_at_random(code: str) -> None:
    alone = " ".join(TEXTS[code])
    assert language.detect(alone + " " + "x = y " * 3) == code
