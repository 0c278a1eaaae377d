"""Who may be grouped by what: nothing is counted per person, and nothing about fewer people than k. Pure.

Reports, exports and helpers ask here before they group; each refusal says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.errors import PurposeError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Columns of tables, fields of events, and what people are called elsewhere.
_PERSON = frozenset(
    [
        "account",
        "actor",
        "assignee",
        "author",
        "author_email",
        "committer",
        "developer",
        "email",
        "employee",
        "identity",
        "login",
        "member",
        "members",
        "name",
        "owner",
        "person",
        "person_id",
        "people",
        "pseudonym",
        "reviewer",
        "sender",
        "speaker",
        "subject",
        "subject_mark",
        "user",
        "user_id",
        "username",
        "users",
        "who",
    ]
)
# One session, thread, document or row is the work of one person, or of a few.
_ONE_PERSONS = frozenset(
    [
        "commit",
        "conversation",
        "document",
        "document_id",
        "document_key",
        "interaction",
        "interaction_id",
        "interaction_key",
        "marks",
        "record_id",
        "session",
        "session_id",
        "session_key",
        "sources",
        "thread",
        "thread_id",
        "thread_key",
    ]
)


def require_cohort(people: int, k: int, what: str = "this group") -> None:
    """Refuse to tell anything of fewer than `k` different people; none at all is told as none.

    Raises:
        PurposeError: with the reason, and without the number of people.
    """
    if 0 < people < k:
        raise PurposeError(
            f"{what}: needed at least {k} different people (privacy.k), came fewer: what is said of a small group is "
            "said of the people in it. Ask for fewer columns, or for more days at once"
        )


def refuse_person_grouping(columns: Iterable[str]) -> None:
    """Refuse to group by a person, or by what one person made.

    Args:
        columns: names as in a table or an event, `data.session_id` too; case and quotes do not matter.

    Raises:
        PurposeError: with the column and the reason.
    """
    for column in columns:
        name = column.rpartition(".")[2].strip(" \"'`[]").casefold().replace("-", "_")
        if name in _PERSON:
            raise PurposeError(
                f"grouping by {name}: refused, it tells people apart; the data is for training, never to judge a person"
            )
        if name in _ONE_PERSONS:
            raise PurposeError(
                f"grouping by {name}: refused, one of them is the work of one person or of few; "
                "the data is for training, never to judge a person"
            )
